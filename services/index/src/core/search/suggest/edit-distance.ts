/**
 * How many edits lead from one text to the other: a character more, less, or another one, or two neighbours that changed places
 * (optimal string alignment). `most + 1` as soon as it is certain that there are more than `most`.
 */
export function editDistance(from: string, to: string, most: number): number {
  if (Math.abs(from.length - to.length) > most) return most + 1;
  let before: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, at) => at);
  for (let row = 1; row <= from.length; row += 1) {
    const next = nextRow(from, to, row, last, before);
    if (Math.min(...next) > most) return most + 1;
    before = last;
    last = next;
  }
  return Math.min(last.at(-1) ?? 0, most + 1);
}

/** How many edits lead from the first `row` characters to each beginning of the other text. */
function nextRow(from: string, to: string, row: number, last: readonly number[], before: readonly number[]): number[] {
  const next = [row];
  for (let column = 1; column <= to.length; column += 1) {
    const isSame = from[row - 1] === to[column - 1];
    const more = (next[column - 1] ?? 0) + 1;
    const less = (last[column] ?? 0) + 1;
    const other = (last[column - 1] ?? 0) + (isSame ? 0 : 1);
    const isSwapped = row > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
    const swapped = isSwapped ? (before[column - 2] ?? 0) + 1 : other;
    next.push(Math.min(more, less, other, swapped));
  }
  return next;
}
