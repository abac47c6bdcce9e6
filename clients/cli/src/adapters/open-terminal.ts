import { once } from 'node:events';
import { styleText } from 'node:util';
import { textWidth } from './text-width.ts';

/** A few styles are enough; NO_COLOR, FORCE_COLOR and what the terminal can do decide whether they are drawn. */
export type Style = 'bold' | 'dim' | 'green' | 'yellow' | 'red' | 'cyan';

/** Where the command writes. Results go to standard output, everything else to standard error. */
export interface Terminal {
  /** Whether somebody looks at standard error, so that progress can be drawn. */
  readonly interactive: boolean;
  /** How wide a line of results should be; undefined when standard output is no terminal. */
  readonly columns: number | undefined;
  /** How many columns a text takes. */
  widthOf(text: string): number;
  /** Writes a line of results. */
  print(line: string): void;
  /** Writes bytes of a result, and resolves when they are taken; rejects when they cannot be, or the signal fires. */
  writeBytes(bytes: Uint8Array, signal: AbortSignal): Promise<void>;
  /** Whether standard output has not taken all that was written: a process does not end before it has. */
  readonly hasUntaken: boolean;
  /** Writes a line that is no result. */
  note(line: string): void;
  /**
   * Draws the status over the one before, or nothing when not interactive.
   *
   * @param render given the terminal's width and how many lines have room, returns lines that are narrower, one below the other
   */
  drawStatus(render: (columns: number, rows: number) => string | readonly string[]): void;
  /** Takes the status away. */
  clearStatus(): void;
  /** Leaves the status as it is, and begins a new one below. */
  keepStatus(): void;
  /** Styles a part of a line of results, or of another line. */
  style(target: 'result' | 'note', style: Style, text: string): string;
}

const clearLine = '\r\u001b[K';
const clearLineAbove = '\u001b[1A\r\u001b[K';
const defaultColumns = 80;
const defaultRows = 24;

/** Opens the terminal on a process's standard streams. */
export function openTerminal(stdout: NodeJS.WriteStream, stderr: NodeJS.WriteStream): Terminal {
  const interactive = stderr.isTTY === true;
  /** How many lines of status are drawn. */
  let drawnLines = 0;

  const clearStatus = (): void => {
    if (drawnLines > 0) stderr.write(clearLine + clearLineAbove.repeat(drawnLines - 1));
    drawnLines = 0;
  };

  return {
    interactive,
    get columns() {
      return stdout.isTTY ? stdout.columns || defaultColumns : undefined;
    },
    widthOf: textWidth,
    print(line) {
      clearStatus();
      stdout.write(`${line}\n`);
    },
    async writeBytes(bytes, signal) {
      if (!stdout.write(bytes)) await once(stdout, 'drain', { signal });
    },
    get hasUntaken() {
      return stdout.writableLength > 0;
    },
    note(line) {
      clearStatus();
      stderr.write(`${line}\n`);
    },
    drawStatus(render) {
      if (!interactive) return;
      const room = Math.max(1, (stderr.rows || defaultRows) - 1);
      const lines = [render(stderr.columns || defaultColumns, room)].flat().slice(0, room);
      stderr.write(clearLine + clearLineAbove.repeat(Math.max(0, drawnLines - 1)) + lines.join('\n'));
      drawnLines = lines.length;
    },
    clearStatus,
    keepStatus() {
      if (drawnLines > 0) stderr.write('\n');
      drawnLines = 0;
    },
    style: (target, style, text) => styleText(style, text, { stream: target === 'result' ? stdout : stderr }),
  };
}
