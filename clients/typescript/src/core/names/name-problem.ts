import { CardumeError } from '../../errors/cardume-error.ts';

/** The longest name in bytes of UTF-8; S3 keys have the same bound. */
export const maxNameBytes = 1024;
/** The longest part of a name in bytes of UTF-8; NAME_MAX of the common file systems. */
export const maxNamePartBytes = 255;

// C0, DEL and C1 steer terminals; U+2028/9 break lines in consumers that read them so.
const controlCharacters = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/;
// Directional formatting makes a name read as another one: UAX #9; "Trojan Source", CVE-2021-42574.
const bidiCharacters = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/;
// Windows opens a device for these names, with any extension or stream, in any folder, spaces before it or not; Node
// CVE-2025-27210.
const deviceName = /^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$|clock\$)\s*([.:]|$)/i;
const driveLetter = /^[a-z]:/i;

/**
 * Says why a file's name may not be stored, listed or written, or `null` when it may.
 *
 * A name is relative, with `/` between its parts, in Unicode normal form C. The same rule stands everywhere: at the
 * peer that scans, at the index that lists, and at the client that writes; nobody trusts that another one has checked.
 */
export function nameProblem(name: string): string | null {
  if (name === '') return 'it is empty';
  if (!name.isWellFormed()) return 'it is not valid Unicode';
  if (Buffer.byteLength(name) > maxNameBytes) return `it is longer than ${maxNameBytes} bytes`;
  if (name.normalize('NFC') !== name) return 'it is not in Unicode normal form C';
  if (controlCharacters.test(name)) return 'it has control characters';
  if (bidiCharacters.test(name)) return 'it has characters that change the direction of text';
  if (name.includes('\\')) return 'it has a backslash';
  if (name.startsWith('/')) return 'it is absolute';
  for (const part of name.split('/')) {
    const problem = partProblem(part);
    if (problem !== null) return problem;
  }
  return null;
}

function partProblem(part: string): string | null {
  if (part === '') return 'a part of it is empty';
  // Windows drops spaces from the end of a part.
  const shown = part.trimEnd();
  if (shown === '.' || shown === '..') return `it has a part "${shown}"`;
  // Any part may be the name of a file by itself: who gets one puts it under the last part of its name.
  if (driveLetter.test(part)) return 'a part of it begins with a drive letter';
  if (Buffer.byteLength(part) > maxNamePartBytes) return `a part of it is longer than ${maxNamePartBytes} bytes`;
  if (deviceName.test(part)) return 'a part of it is a device name of Windows';
  return null;
}

/**
 * Checks a name that came from outside.
 *
 * @param field where it stood, for the message: `files[3].name`
 * @throws CardumeError UNSAFE_NAME
 */
export function checkName(name: string, field: string): void {
  const problem = nameProblem(name);
  if (problem !== null) throw CardumeError.invalidField(field, `not a safe file name: ${problem}`, 'UNSAFE_NAME');
}
