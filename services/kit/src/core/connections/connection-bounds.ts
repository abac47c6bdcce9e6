import { CardumeError } from '@cardume/client';
import { greetingTimeoutMs, maxConnections, maxGreetings, maxIdleMs, maxRefusalsPerConnection } from '../limits.ts';

/** What the connections of a server are held to. */
export interface ConnectionBounds {
  maxConnections: number;
  /** How many of them come from one place: an IPv4 address, an IPv6 network of /64. */
  maxConnectionsPerPlace: number;
  /** How many of them have had no call yet. */
  maxGreetings: number;
  /** How long they may have had none, in milliseconds. */
  greetingTimeoutMs: number;
  /** How long a connection may be without a call, in milliseconds. */
  maxIdleMs: number;
  /** How many of its calls may be refused in a second. */
  maxRefusalsPerConnection: number;
  /**
   * Whether those over loopback count in how many a second one place makes. They are of the machine's own programs, or of a
   * proxy there, behind which everybody has one address.
   */
  ratesLoopback: boolean;
}

/**
 * The bounds of a server.
 *
 * Half of the descriptors are left for files, so that no caller keeps a share from opening its own. One place has half of the
 * connections: thousands of peers may stand behind one address.
 *
 * @param asked how many connections its owner wants; undefined: as many as usual, or as there is room for
 * @param descriptorLimit how many descriptors the process may have
 * @throws CardumeError INVALID_FIELD for none, or more than there is room for
 */
export function connectionBounds(asked: number | undefined, descriptorLimit: number): ConnectionBounds {
  const room = Math.max(2, Math.floor(descriptorLimit / 2));
  if (asked !== undefined && !(Number.isInteger(asked) && asked >= 2 && asked <= room)) {
    throw CardumeError.invalidField(
      '--max-connections',
      `must be 2 to ${room}, which is half of the descriptors that this process may have (ulimit -n)`,
    );
  }
  const all = asked ?? Math.min(maxConnections, room);
  const ofOnePlace = Math.ceil(all / 2);
  return {
    maxConnections: all,
    maxConnectionsPerPlace: ofOnePlace,
    maxGreetings: Math.min(maxGreetings, ofOnePlace),
    greetingTimeoutMs,
    maxIdleMs,
    maxRefusalsPerConnection,
    ratesLoopback: false,
  };
}
