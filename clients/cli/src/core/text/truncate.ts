import stringWidth from 'string-width';

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

/**
 * Shortens a text to a width in terminal columns, with `…` for its middle: a file's name tells most at its two ends.
 * A character that is drawn over two columns is never cut in half.
 *
 * @param width at least 1
 */
export function truncateMiddle(text: string, width: number): string {
  if (stringWidth(text) <= width) return text;
  const parts = [...graphemes.segment(text)].map(({ segment }) => segment);
  const tail = takeWidth(parts.toReversed(), Math.floor((width - 1) / 2)).toReversed();
  const head = takeWidth(parts, width - 1 - stringWidth(tail.join('')));
  return `${head.join('')}…${tail.join('')}`;
}

/** The first parts that fit into a width together. */
function takeWidth(parts: readonly string[], width: number): string[] {
  const taken: string[] = [];
  let used = 0;
  for (const part of parts) {
    used += stringWidth(part);
    if (used > width) break;
    taken.push(part);
  }
  return taken;
}
