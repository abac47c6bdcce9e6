import type { TextWidth } from './text-width.ts';
import { truncateMiddle } from './truncate.ts';

/** A column of a table. */
export interface Column {
  header: string;
  /** Default: `left`. */
  align?: 'left' | 'right';
  /** Whether its cells may be shortened when the table is wider than the terminal. Default: false. */
  shrinks?: boolean;
}

/** What a table is laid out for; a terminal is one. */
export interface TableLayout {
  /** How wide a line should be at the most, by shortening the columns that allow it; undefined: no bound. */
  readonly columns: number | undefined;
  readonly widthOf: TextWidth;
}

const gap = '  ';
// Below this a shortened name says nothing any more; the line may rather be longer than the terminal.
const minShrunkWidth = 16;

/**
 * Lays out rows as lines of text: the header first, columns as wide as their widest cell. Widths are what a terminal
 * draws, so that wide characters, emoji and accents keep the columns straight.
 *
 * @param rows cells that are safe to print, as many as there are columns
 */
export function renderTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  { columns: maxWidth, widthOf }: TableLayout,
): string[] {
  const lines = [columns.map(({ header }) => header), ...rows];
  const widths = columns.map((_, index) => widest(lines, index, widthOf));
  if (maxWidth !== undefined) shrink(columns, widths, maxWidth);
  return lines.map((cells) => {
    const padded = columns.map(({ align = 'left' }, index) => {
      const width = widths[index] ?? 0;
      const cell = truncateMiddle(cells[index] ?? '', width, widthOf);
      const padding = ' '.repeat(Math.max(0, width - widthOf(cell)));
      return align === 'right' ? padding + cell : cell + padding;
    });
    return padded.join(gap).trimEnd();
  });
}

function widest(lines: readonly (readonly string[])[], index: number, widthOf: TextWidth): number {
  return lines.reduce((width, cells) => Math.max(width, widthOf(cells[index] ?? '')), 1);
}

/** Takes what is too much from the columns that allow it, from the widest one first. */
function shrink(columns: readonly Column[], widths: number[], maxWidth: number): void {
  const total = widths.reduce((sum, width) => sum + width, 0) + gap.length * (columns.length - 1);
  let excess = total - maxWidth;
  while (excess > 0) {
    const candidates = widths.map((width, index) => (columns[index]?.shrinks === true ? width : 0));
    const width = Math.max(...candidates);
    if (width <= minShrunkWidth) return;
    widths[candidates.indexOf(width)] = width - 1;
    excess -= 1;
  }
}
