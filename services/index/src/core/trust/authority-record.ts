import { CardumeError } from '@cardume/client';
import { maxAuthorityKeys } from '../limits.ts';

/**
 * What becomes of a key of an authority: `next` is trusted and signs nothing yet, `signing` signs, `previous` signs no more and
 * is trusted as long as certificates of it are in use, `retired` is trusted no more.
 */
export type KeyState = 'next' | 'signing' | 'previous' | 'retired';

/** One key of an authority. */
export interface AuthorityKey {
  state: KeyState;
  /** The certificate that it signed for itself, in PEM: what is trusted. */
  certificate: string;
  /** The certificate that the key before it signed for it, in PEM; the first one has none. */
  handover?: string;
  /** PKCS#8 in PEM, of keys that are `next` or `signing`; the others need none any more. */
  privateKey?: string;
}

/** All of a network's authority. It is a secret: who has it can make certificates for anybody. */
export interface AuthorityRecord {
  /** The oldest first; the network's id is that of the first one, whatever has become of it. */
  keys: AuthorityKey[];
}

const version = 1;

/** Writes an authority as one text, so that it is stored at once and can be given to replicas as one secret. */
export function formatAuthority(record: AuthorityRecord): string {
  return `${JSON.stringify({ version, ...checkRecord(record) }, null, 2)}\n`;
}

/**
 * Reads {@link formatAuthority} back. That the keys fit the certificates is checked by who uses them.
 *
 * @throws CardumeError INVALID_FIELD, which never holds the text
 */
export function parseAuthority(text: string, what = 'authority'): AuthorityRecord {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw CardumeError.invalidField(what, 'is not the JSON that cardume wrote for an authority');
  }
  if (!isObject(value) || value.version !== version) {
    throw CardumeError.invalidField(what, `has not version ${version}; a newer cardume may have written it`);
  }
  const { keys } = value;
  if (!Array.isArray(keys) || !keys.every(isKey)) throw CardumeError.invalidField(what, 'has keys that are malformed');
  return checkRecord({ keys }, what);
}

/** @throws CardumeError INVALID_FIELD unless the states of the keys go together */
function checkRecord({ keys }: AuthorityRecord, what = 'authority'): AuthorityRecord {
  const count = (wanted: KeyState): number => keys.filter(({ state }) => state === wanted).length;
  const order: KeyState[] = ['retired', 'previous', 'signing', 'next'];
  const ranks = keys.map(({ state }) => order.indexOf(state));
  const isInOrder = ranks.every((rank, position) => rank >= (ranks[position - 1] ?? 0));
  const isWhole = keys.every(
    ({ state, handover, privateKey }, position) =>
      (handover === undefined) === (position === 0) &&
      (privateKey !== undefined) === (state === 'signing' || state === 'next'),
  );
  if (count('signing') !== 1 || count('next') > 1 || !isInOrder || !isWhole || keys.length > maxAuthorityKeys) {
    throw CardumeError.invalidField(what, 'has keys that do not go together');
  }
  return { keys };
}

function isKey(value: unknown): value is AuthorityKey {
  if (!isObject(value)) return false;
  const { state, certificate, handover, privateKey } = value;
  const isOptional = (part: unknown): boolean => part === undefined || typeof part === 'string';
  const isState = state === 'next' || state === 'signing' || state === 'previous' || state === 'retired';
  return isState && typeof certificate === 'string' && isOptional(handover) && isOptional(privateKey);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
