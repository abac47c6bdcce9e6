/** How many hex digits a whole digest has. */
const digestLength = 64;

/** The first and the last of the digests that begin with some hex digits. */
export function digestRange(prefix: string): { first: string; last: string } {
  return { first: prefix.padEnd(digestLength, '0'), last: prefix.padEnd(digestLength, 'f') };
}
