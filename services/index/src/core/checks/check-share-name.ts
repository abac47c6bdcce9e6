import { CardumeError } from '@cardume/client';
import { maxShareNameBytes } from '../limits.ts';

const controlCharacters = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/;

/** @throws CardumeError INVALID_FIELD when a share's name is too long or has control characters */
export function checkShareName(shareName: string): string {
  if (Buffer.byteLength(shareName) > maxShareNameBytes) {
    throw CardumeError.invalidField('share_name', `must have at most ${maxShareNameBytes} bytes`);
  }
  if (controlCharacters.test(shareName)) throw CardumeError.invalidField('share_name', 'has control characters');
  return shareName;
}
