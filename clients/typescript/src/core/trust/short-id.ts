import { CardumeError } from '../../errors/cardume-error.ts';
import { isKeyId } from './key-id.ts';

// Crockford's base 32, in lower case: no i, l, o and u.
const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';
const symbolCount = 16;
const bitsPerSymbol = 5;
const groups = /.{4}/g;

/**
 * The short form of a peer's id, for people to compare aloud: four groups of four letters and digits, such as
 * `7k3m-x0qd-9fhw-2tzc`. It is the first 80 bits of the id; to make a key whose id begins like another's takes 2^80 tries.
 * Programs compare whole ids.
 *
 * @param peerId 64 lower-case hex digits
 * @throws CardumeError INVALID_FIELD unless it is one
 */
export function shortIdOf(peerId: string): string {
  if (!isKeyId(peerId)) throw CardumeError.invalidField('peer_id', 'must be 64 lower-case hex digits');
  let bits = BigInt(`0x${peerId.slice(0, (symbolCount * bitsPerSymbol) / 4)}`);
  let symbols = '';
  for (let count = 0; count < symbolCount; count += 1) {
    symbols = alphabet.charAt(Number(bits & 31n)) + symbols;
    bits >>= BigInt(bitsPerSymbol);
  }
  return inGroups(symbols);
}

/**
 * Reads a short id as people write it: in either case, with or without hyphens or spaces between the groups, `o` for 0, `i`
 * and `l` for 1.
 *
 * @returns it as {@link shortIdOf} writes it
 * @throws CardumeError INVALID_FIELD when it is none
 */
export function parseShortId(text: string, field = 'short_id'): string {
  const symbols = text.slice(0, 64).toLowerCase().replace(/[\s-]/g, '').replace(/o/g, '0').replace(/[il]/g, '1');
  if (
    text.length > 64 ||
    symbols.length !== symbolCount ||
    ![...symbols].every((symbol) => alphabet.includes(symbol))
  ) {
    throw CardumeError.invalidField(
      field,
      'not a short peer id; write four groups of four, such as 7k3m-x0qd-9fhw-2tzc',
    );
  }
  return inGroups(symbols);
}

/**
 * Whether a short id, as people write it, is that of a peer.
 *
 * @throws CardumeError INVALID_FIELD when the text is no short id, or the other no peer id
 */
export function matchesShortId(text: string, peerId: string): boolean {
  return parseShortId(text) === shortIdOf(peerId);
}

function inGroups(symbols: string): string {
  return (symbols.match(groups) ?? []).join('-');
}
