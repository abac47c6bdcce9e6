import type { TextWidth } from './text-width.ts';

// Made when a text is too wide: the first one takes 10 ms, for the tables that it needs.
let graphemes: Intl.Segmenter | undefined;

/**
 * Shortens a text to a width in terminal columns, with `…` for its middle: a file's name tells most at its two ends.
 * A character that is drawn over two columns is never cut in half.
 *
 * @param width at least 1
 */
export function truncateMiddle(text: string, width: number, widthOf: TextWidth): string {
  if (widthOf(text) <= width) return text;
  graphemes ??= new Intl.Segmenter('en', { granularity: 'grapheme' });
  const parts = [...graphemes.segment(text)].map(({ segment }) => segment);
  const tail = takeWidth(parts.toReversed(), Math.floor((width - 1) / 2), widthOf).toReversed();
  const head = takeWidth(parts, width - 1 - widthOf(tail.join('')), widthOf);
  return `${head.join('')}…${tail.join('')}`;
}

/** The first parts that fit into a width together. */
function takeWidth(parts: readonly string[], width: number, widthOf: TextWidth): string[] {
  const taken: string[] = [];
  let used = 0;
  for (const part of parts) {
    used += widthOf(part);
    if (used > width) break;
    taken.push(part);
  }
  return taken;
}
