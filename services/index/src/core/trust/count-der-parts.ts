const constructed = 0x20;
const longTag = 0x1f;
const more = 0x80;

/**
 * Counts the parts of something in ASN.1 (DER or BER): those that have others in them, and these. It only looks where each begins, so
 * that it takes little time for whatever bytes; whether they are right is for whoever reads them.
 *
 * @param most with how many it stops
 * @returns at most one more than `most`
 */
export function countDerParts(der: Uint8Array, most: number): number {
  let count = 0;
  for (let at = 0; at < der.length && count <= most; count += 1) {
    const tag = der[at] ?? 0;
    at += 1;
    if ((tag & longTag) === longTag) at = endOfLongTag(der, at);
    const { length, end } = lengthAt(der, at);
    // What is in a part that has others is counted as well.
    at = (tag & constructed) === 0 ? end + length : end;
  }
  return count;
}

function endOfLongTag(der: Uint8Array, start: number): number {
  let at = start;
  while (((der[at] ?? 0) & more) !== 0) at += 1;
  return at + 1;
}

function lengthAt(der: Uint8Array, at: number): { length: number; end: number } {
  const first = der[at] ?? 0;
  if ((first & more) === 0) return { length: first, end: at + 1 };
  const end = at + 1 + (first & ~more);
  let length = 0;
  for (const byte of der.subarray(at + 1, end)) length = length * 256 + byte;
  return { length, end };
}
