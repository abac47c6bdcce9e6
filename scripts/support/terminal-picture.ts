import { type CellStyle, playTerminal, type StyledRun } from './terminal-screen.ts';

/** How a terminal picture is made. */
export interface TerminalPictureInit {
  /** What stands in the window's frame. */
  title: string;
  /** How many columns the picture is wide. */
  columns: number;
}

const cell = { width: 8.4, height: 20, fontSize: 14 };
const margin = 20;
const frameHeight = 40;
const foreground = '#e6edf3';
const background = '#0d1117';
const faint = '#8b949e';
const colors: Record<number, string> = {
  31: '#ff7b72',
  32: '#3fb950',
  33: '#d29922',
  34: '#58a6ff',
  35: '#bc8cff',
  36: '#39c5cf',
};
const blocks: Record<string, string> = { '█': '#3fb950', '░': '#30363d' };

/**
 * Draws what a terminal shows after a program's output as an SVG: a window with monospaced text, colours kept.
 *
 * Progress bars are drawn as rectangles, and every run of text stands at its own column, so that the picture looks the
 * same whichever monospaced font a viewer has.
 */
export function terminalPicture(output: string, { title, columns }: TerminalPictureInit): string {
  const lines = playTerminal(output.trimEnd());
  const width = Math.ceil(columns * cell.width + 2 * margin);
  const height = frameHeight + lines.length * cell.height + margin;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escapeXml(title)}">`,
    `<rect width="${width}" height="${height}" rx="10" fill="${background}"/>`,
    ...['#ff5f57', '#febc2e', '#28c840'].map(
      (color, index) => `<circle cx="${margin + 4 + index * 20}" cy="20" r="6" fill="${color}"/>`,
    ),
    `<g font-family="ui-monospace, 'SFMono-Regular', 'DejaVu Sans Mono', Menlo, Consolas, monospace" font-size="${cell.fontSize}" fill="${foreground}">`,
    `<text x="${width / 2}" y="25" text-anchor="middle" fill="${faint}">${escapeXml(title)}</text>`,
    ...lines.flatMap((runs, row) => runs.flatMap((run) => drawRun(run, row))),
    '</g>',
    '</svg>',
    '',
  ].join('\n');
}

function drawRun({ text, column, style }: StyledRun, row: number): string[] {
  const top = frameHeight + row * cell.height;
  // Blocks alone, texts with the single blanks in them: what is set apart by more keeps its column.
  return [...text.matchAll(/█+|░+|[^ █░]+(?: [^ █░]+)*/gu)].map((match) => {
    const [part] = match;
    const x = round(margin + (column + [...text.slice(0, match.index)].length) * cell.width);
    const width = round([...part].length * cell.width);
    const block = blocks[part.charAt(0)];
    if (block !== undefined) {
      return `<rect x="${x}" y="${top + 4}" width="${width}" height="${cell.height - 8}" fill="${block}"/>`;
    }
    const attributes = `x="${x}" y="${top + 15}" textLength="${width}"${attributesOf(style)}`;
    return `<text ${attributes} xml:space="preserve">${escapeXml(part)}</text>`;
  });
}

function attributesOf({ bold, dim, color }: CellStyle): string {
  const fill = color === undefined ? (dim ? faint : undefined) : colors[color];
  return `${bold ? ' font-weight="600"' : ''}${fill === undefined ? '' : ` fill="${fill}"`}`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function escapeXml(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
