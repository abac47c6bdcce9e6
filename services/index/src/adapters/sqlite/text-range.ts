const lastCodePoint = 0x10_ffff;

/**
 * The first text after all those that begin with a prefix, in the order of code points, which is SQLite's; undefined
 * when there is none.
 */
export function afterPrefix(prefix: string): string | undefined {
  const points = Array.from(prefix, (character) => character.codePointAt(0) ?? 0);
  while (points.at(-1) === lastCodePoint) points.pop();
  const last = points.pop();
  if (last === undefined) return undefined;
  // No text has a lone surrogate.
  const next = last === 0xd7ff ? 0xe000 : last + 1;
  return String.fromCodePoint(...points, next);
}
