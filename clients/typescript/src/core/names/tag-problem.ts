/** How many tags a peer gives itself at the most. */
export const maxTags = 16;
/** The longest tag in bytes of UTF-8. */
export const maxTagBytes = 64;

/**
 * Says why a text may not be the tag of a peer, or `null` when it may. The same rule stands at the peer that has it and at the
 * index that lists it.
 */
export function tagProblem(tag: string): string | null {
  if (!tag.isWellFormed()) return 'it is not valid Unicode';
  if (Buffer.byteLength(tag) > maxTagBytes) return `it is longer than ${maxTagBytes} bytes`;
  // Commas stand between several, and letters alone cannot steer a terminal.
  if (!/^[\p{L}\p{N}][\p{L}\p{N}\p{M}._-]*$/u.test(tag)) return 'it has others than letters, digits, and . _ - in it';
  if (tag.normalize('NFC') !== tag) return 'it is not in Unicode normal form C';
  if (tag === 'all') return 'it means all peers';
  return null;
}
