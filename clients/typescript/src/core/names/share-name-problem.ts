/** The longest name of a share in bytes of UTF-8: as much as a part of a file's name. */
export const maxShareNameBytes = 255;

// The same characters as in file names: they steer terminals or break lines.
const controlCharacters = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/;

/**
 * Says why a share may not have a name, or `null` when it may. The same rule stands at the peer that has the name and
 * at the index that lists it.
 */
export function shareNameProblem(shareName: string): string | null {
  if (!shareName.isWellFormed()) return 'it is not valid Unicode';
  if (Buffer.byteLength(shareName) > maxShareNameBytes) return `it is longer than ${maxShareNameBytes} bytes`;
  if (controlCharacters.test(shareName)) return 'it has control characters';
  return null;
}
