/** How a cell of a terminal looks. */
export interface CellStyle {
  bold: boolean;
  dim: boolean;
  /** An ANSI foreground colour, 30 to 37; undefined: the default one. */
  color: number | undefined;
}

/** A run of characters of the same style. */
export interface StyledRun {
  /** The column of its first character, from 0. */
  column: number;
  text: string;
  style: CellStyle;
}

interface Cell {
  character: string;
  style: CellStyle;
}

const plain: CellStyle = { bold: false, dim: false, color: undefined };

// A control sequence (its parameters and its final letter), or one character.
const token = /\u001b\[([\d;?]*)([A-Za-z])|[\s\S]/gu;

/**
 * Plays what a program wrote to a terminal, and gives the lines that stand there in the end: carriage returns write
 * over, `ESC [K` erases to the end of the line, `ESC [m` styles. Other control sequences do nothing. Every character
 * takes one column.
 */
export function playTerminal(output: string): StyledRun[][] {
  const lines: Cell[][] = [[]];
  let column = 0;
  let style = plain;
  for (const [text, parameters = '', final] of output.matchAll(token)) {
    const line = lines.at(-1) ?? [];
    if (final === 'm') style = styleAfter(style, parameters);
    else if (final === 'K') line.length = Math.min(line.length, column);
    else if (text === '\r') column = 0;
    else if (text === '\n') {
      lines.push([]);
      column = 0;
    } else if (final === undefined && text >= ' ') {
      line[column] = { character: text, style };
      column += 1;
    }
  }
  return lines.map(runsOf);
}

function styleAfter(before: CellStyle, parameters: string): CellStyle {
  let style = before;
  for (const code of parameters.split(';').map(Number)) {
    if (code === 0) style = plain;
    else if (code === 1) style = { ...style, bold: true };
    else if (code === 2) style = { ...style, dim: true };
    else if (code === 22) style = { ...style, bold: false, dim: false };
    else if (code === 39) style = { ...style, color: undefined };
    else if (code >= 30 && code <= 37) style = { ...style, color: code };
  }
  return style;
}

function runsOf(line: readonly Cell[]): StyledRun[] {
  const runs: StyledRun[] = [];
  line.forEach(({ character, style }, column) => {
    const last = runs.at(-1);
    if (last !== undefined && last.style === style) last.text += character;
    else runs.push({ column, text: character, style });
  });
  return runs;
}
