/**
 * The order of two texts by the bytes of their UTF-8, which is also that of their code points. JavaScript's own order, by
 * UTF-16 unit, is another one where characters beyond U+FFFF meet those from U+E000 on.
 */
export function compareUtf8(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at++) {
    const left = a.charCodeAt(at);
    const right = b.charCodeAt(at);
    if (left !== right) return rankOf(left) - rankOf(right);
  }
  return a.length - b.length;
}

/** Surrogates, of which the characters beyond U+FFFF are made, come after all other units. */
function rankOf(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit >= 0xe000 ? unit - 0x800 : unit + 0x2000;
}
