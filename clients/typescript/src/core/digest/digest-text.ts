import { CardumeError } from '../../errors/cardume-error.ts';

const wholeDigest = /^[0-9a-f]{64}$/;
const digestPrefix = /^[0-9a-f]{8,64}$/i;

/** Whether a text is a whole digest: 64 lower-case hex digits. */
export function isDigest(text: string): boolean {
  return wholeDigest.test(text);
}

/** Whether a text can stand for a digest in a command: 8 to 64 hex digits, in either case. */
export function isDigestPrefix(text: string): boolean {
  return digestPrefix.test(text);
}

/** @throws CardumeError INVALID_FIELD unless the text is a whole digest */
export function checkDigest(text: string, field: string): void {
  if (!isDigest(text)) throw CardumeError.invalidField(field, 'must be 64 lower-case hex digits');
}
