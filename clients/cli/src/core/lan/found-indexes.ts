import { type Address, isHost } from '@cardume/client';
import { announcementVersion, isSameName, type LanRecord, serviceName } from './records.ts';

/** Of one packet so many records are looked at: ours have four. */
const maxRecords = 64;
/** How many indexes are kept of all that answer. */
export const maxFoundIndexes = 16;
const maxTexts = 16;
const maxTextBytes = 255;
const maxNameLength = 255;

/** An index that says that it is on the local network. Nothing of it is proven. */
export interface FoundIndex {
  /** For people; not safe to print as it is. */
  name: string;
  /** The machine that said it, and the port that it named. */
  address: Address;
  /** 64 lower-case hex digits; undefined: it says that it serves in plaintext. */
  networkId: string | undefined;
}

/**
 * The indexes that a packet tells of. Where they are is where the packet came from, whatever addresses it names: who answers can
 * offer its own machine only.
 *
 * @param senderHost where the packet came from, as the transport says it
 */
export function indexesIn(records: readonly LanRecord[], senderHost: string): FoundIndex[] {
  if (!isHost(senderHost)) return [];
  const looked = records.slice(0, maxRecords).filter(({ ttl }) => typeof ttl === 'number' && ttl > 0);
  return looked.flatMap(({ type, name, data }) => {
    if (type !== 'PTR' || !isSameName(name, serviceName)) return [];
    const index = indexOf(looked, data, senderHost);
    return index === undefined ? [] : [index];
  });
}

function indexOf(records: readonly LanRecord[], instance: unknown, host: string): FoundIndex | undefined {
  if (typeof instance !== 'string' || instance.length > maxNameLength) return undefined;
  const of = (wanted: string): unknown =>
    records.find(({ type, name }) => type === wanted && isSameName(name, instance))?.data;
  const port = portOf(of('SRV'));
  const texts = textsOf(of('TXT'));
  if (port === undefined || texts.get('v') !== announcementVersion) return undefined;
  const networkId = texts.get('id');
  if (networkId !== undefined && !/^[0-9a-f]{64}$/.test(networkId)) return undefined;
  const suffix = `.${serviceName}`;
  const name = instance.toLowerCase().endsWith(suffix) ? instance.slice(0, -suffix.length) : instance;
  return { name, address: { host, port }, networkId };
}

/** Adds what was found to what is known; each address once, and no more than {@link maxFoundIndexes}. */
export function addFound(known: Map<string, FoundIndex>, found: readonly FoundIndex[]): void {
  for (const index of found) {
    const key = `${index.address.host} ${index.address.port}`;
    if (!known.has(key) && known.size < maxFoundIndexes) known.set(key, index);
  }
}

function portOf(data: unknown): number | undefined {
  if (typeof data !== 'object' || data === null || !('port' in data)) return undefined;
  const { port } = data;
  return typeof port === 'number' && Number.isInteger(port) && port > 0 && port < 65_536 ? port : undefined;
}

function textsOf(data: unknown): Map<string, string> {
  const texts = new Map<string, string>();
  for (const one of Array.isArray(data) ? data.slice(0, maxTexts) : []) {
    if (!(one instanceof Uint8Array) || one.length > maxTextBytes) continue;
    const text = Buffer.from(one).toString('utf8');
    const at = text.indexOf('=');
    const key = text.slice(0, at).toLowerCase();
    // The first one of a key counts: RFC 6763, 6.4.
    if (at > 0 && !texts.has(key)) texts.set(key, text.slice(at + 1));
  }
  return texts;
}
