import { announcementVersion, isSameName, type LanQuestion, serviceName } from './records.ts';

/** How long others may remember the records, in seconds: RFC 6762 says so. */
const hostTtlSeconds = 120;
const otherTtlSeconds = 4_500;
/** A label of DNS has no more. */
const maxLabelBytes = 63;
/** Nobody has more to ask in one packet; the rest is passed over. */
const maxQuestions = 32;

/** What an index says of itself on the local network. */
export interface AnnouncedIndex {
  /** The machine's name, for people. */
  machine: string;
  /** Tells two of one machine apart. */
  suffix: string;
  port: number;
  /** Where it is on the network that is told of it: an IPv4 address. */
  address: string;
  /** 64 lower-case hex digits; undefined: it serves in plaintext. */
  networkId: string | undefined;
}

/** A record that is sent. */
export type SentRecord =
  | { name: string; type: 'PTR'; ttl: number; data: string }
  | { name: string; type: 'SRV'; ttl: number; data: { port: number; target: string } }
  | { name: string; type: 'TXT'; ttl: number; data: string[] }
  | { name: string; type: 'A'; ttl: number; data: string };

/**
 * The records that announce an index.
 *
 * @param isGoodbye whether it is there no more
 */
export function announcement(index: AnnouncedIndex, isGoodbye = false): SentRecord[] {
  const instance = `${labelOf(`Cardume ${index.machine}`, index.suffix)}.${serviceName}`;
  const host = `${labelOf('cardume', index.suffix)}.local`;
  const ttl = (seconds: number): number => (isGoodbye ? 0 : seconds);
  const text = [`v=${announcementVersion}`, ...(index.networkId === undefined ? [] : [`id=${index.networkId}`])];
  return [
    { name: serviceName, type: 'PTR', ttl: ttl(otherTtlSeconds), data: instance },
    { name: instance, type: 'SRV', ttl: ttl(hostTtlSeconds), data: { port: index.port, target: host } },
    { name: instance, type: 'TXT', ttl: ttl(otherTtlSeconds), data: text },
    { name: host, type: 'A', ttl: ttl(hostTtlSeconds), data: index.address },
  ];
}

/** Whether somebody asks for indexes. */
export function asksForIndexes(questions: readonly LanQuestion[]): boolean {
  return questions
    .slice(0, maxQuestions)
    .some(({ name, type }) => (type === 'PTR' || type === 'ANY') && isSameName(name, serviceName));
}

/** One label: a dot would make two, and what is too long is cut. */
function labelOf(text: string, suffix: string): string {
  const plain = text.replace(/[^A-Za-z0-9 _-]/g, '-').slice(0, maxLabelBytes - suffix.length - 1);
  return `${plain}-${suffix}`;
}
