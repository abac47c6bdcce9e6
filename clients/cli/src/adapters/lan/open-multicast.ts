import openMulticastDns from 'multicast-dns';
import type { LanQuestion, LanRecord } from '../../core/lan/records.ts';

/** What is heard and said on one network. */
export interface Multicast {
  query(name: string): void;
  respond(records: readonly object[]): void;
  close(): Promise<void>;
}

/** Who listens. What is thrown is nobody's fault here, and passed over. */
export interface MulticastListener {
  onQuery?: (questions: readonly LanQuestion[]) => void;
  onResponse?: (records: readonly LanRecord[], senderHost: string) => void;
}

type Packet = Record<'questions' | 'answers' | 'additionals', unknown>;

/**
 * Opens multicast DNS on one of this machine's networks. Packets come from anybody there: what they hold is checked by whoever
 * listens, and what cannot be sent is not said, since a network may go at any time.
 *
 * @param address this machine's on that network
 * @returns undefined when the port cannot be had
 */
export async function openMulticast(address: string, listener: MulticastListener): Promise<Multicast | undefined> {
  // Bound to all addresses, since what is sent to the group would not reach a socket that is bound to one.
  const mdns = openMulticastDns({ interface: address, bind: '0.0.0.0' });
  const { promise: ready, resolve } = Promise.withResolvers<boolean>();
  mdns.on('ready', () => resolve(true));
  mdns.on('error', () => resolve(false));
  mdns.on('warning', () => undefined);
  mdns.on('query', (packet: unknown) => quietly(() => listener.onQuery?.(listOf((packet as Packet).questions))));
  mdns.on('response', (packet: unknown, { address: sender }) =>
    quietly(() => {
      const { answers, additionals } = packet as Packet;
      listener.onResponse?.([...listOf(answers), ...listOf(additionals)], sender);
    }),
  );
  const close = (): Promise<void> => new Promise((closed) => mdns.destroy(closed));
  if (!(await ready)) {
    await close();
    return undefined;
  }
  return {
    query: (name) => quietly(() => mdns.query(name, 'PTR', () => undefined)),
    respond: (records) =>
      quietly(() => mdns.respond([...records] as Parameters<typeof mdns.respond>[0] & object[], () => undefined)),
    close,
  };
}

function listOf(value: unknown): readonly object[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'object' && one !== null) : [];
}

function quietly(action: () => void): void {
  try {
    action();
  } catch {
    // A packet that nobody could have meant.
  }
}
