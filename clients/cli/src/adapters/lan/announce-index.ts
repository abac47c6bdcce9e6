import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import type { Address } from '@cardume/client';
import { type AnnouncedIndex, announcement, asksForIndexes } from '../../core/lan/announcement.ts';
import { lanAddresses } from './lan-addresses.ts';
import { type Multicast, openMulticast } from './open-multicast.ts';

/** Records are said once in so long at the most, however often somebody asks: RFC 6762, 6. */
const restMs = 1_000;

/** An index that is announced. */
export interface Announced {
  /** On how many networks. */
  readonly networkCount: number;
  /** Says that it is there no more. */
  close(): Promise<void>;
}

/**
 * Announces an index on this machine's local networks by DNS-SD, until it is closed.
 *
 * @param listening where it listens; on loopback nothing is announced
 */
export async function announceIndex(
  listening: Address,
  networkId: string | undefined,
  nowMs: () => number,
): Promise<Announced> {
  const suffix = randomBytes(3).toString('hex');
  const opened = await Promise.all(
    lanAddresses(listening.host).map((address) =>
      announceAt({ machine: hostname(), suffix, port: listening.port, address, networkId }, nowMs),
    ),
  );
  const networks = opened.filter((one) => one !== undefined);
  return {
    networkCount: networks.length,
    async close() {
      await Promise.all(networks.map((one) => one()));
    },
  };
}

/** @returns what ends it; undefined when there can be no socket */
async function announceAt(index: AnnouncedIndex, nowMs: () => number): Promise<(() => Promise<void>) | undefined> {
  let saidMs = Number.NEGATIVE_INFINITY;
  let again: NodeJS.Timeout | undefined;
  let multicast: Multicast | undefined;
  const say = (): void => {
    saidMs = nowMs();
    multicast?.respond(announcement(index));
  };
  multicast = await openMulticast(index.address, {
    onQuery(questions) {
      if (!asksForIndexes(questions)) return;
      const waitMs = saidMs + restMs - nowMs();
      if (waitMs <= 0) say();
      else {
        again ??= setTimeout(() => {
          again = undefined;
          say();
        }, waitMs).unref();
      }
    },
  });
  if (multicast === undefined) return undefined;
  const opened = multicast;
  say();
  return async () => {
    clearTimeout(again);
    opened.respond(announcement(index, true));
    // What is sent is handed to the network before the socket is closed.
    await new Promise(setImmediate);
    await opened.close();
  };
}
