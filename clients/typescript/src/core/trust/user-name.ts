import { CardumeError } from '../../errors/cardume-error.ts';
import { printable } from '../names/printable.ts';

/** The longest name of a user, in bytes of UTF-8. */
export const maxUserNameBytes = 64;

/** The user of all who come with the invite that an index prints: many people, and so nobody to whom something can be kept. */
export const sharedUserName = 'everyone';

/** How many users a share may be for, besides its owner's own: more than are on a team, and few enough to stand in each change. */
export const maxAllowedUsers = 100;

/**
 * Says why a user may not have a name, or `null` when he may: 1 to 64 bytes of UTF-8 in normal form C, such as `ana` or
 * `ana@example.org`, without what steers terminals or turns text, and without space at its ends. So no two names look alike
 * only by what does not show.
 */
export function userNameProblem(user: string): string | null {
  if (user === '') return 'it is empty';
  if (!user.isWellFormed()) return 'it is not valid Unicode';
  if (Buffer.byteLength(user) > maxUserNameBytes) return `it is longer than ${maxUserNameBytes} bytes`;
  if (user.normalize('NFC') !== user) return 'it is not in Unicode normal form C';
  if (printable(user) !== user || /[\u200c\u200d]/.test(user)) return 'it has characters that do not print';
  if (user.trim() !== user) return 'it begins or ends with space';
  return null;
}

/** @throws CardumeError INVALID_FIELD unless a user may have the name */
export function checkUserName(user: string, field = 'user'): string {
  const problem = userNameProblem(user);
  if (problem !== null) throw CardumeError.invalidField(field, `not a user's name: ${problem}`);
  return user;
}
