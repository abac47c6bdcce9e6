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
   * Draws the status line over the one before, or nothing when not interactive.
   *
   * @param render given the terminal's width, returns a line that is narrower
   */
  drawStatus(render: (columns: number) => string): void;
  /** Takes the status line away. */
  clearStatus(): void;
  /** Leaves the status line as it is, and begins a new one below. */
  keepStatus(): void;
  /** Styles a part of a line of results, or of another line. */
  style(target: 'result' | 'note', style: Style, text: string): string;
}

const clearLine = '\r\u001b[K';
const defaultColumns = 80;

/** Opens the terminal on a process's standard streams. */
export function openTerminal(stdout: NodeJS.WriteStream, stderr: NodeJS.WriteStream): Terminal {
  const interactive = stderr.isTTY === true;
  let statusDrawn = false;

  const clearStatus = (): void => {
    if (statusDrawn) stderr.write(clearLine);
    statusDrawn = false;
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
      stderr.write(clearLine + render(stderr.columns || defaultColumns));
      statusDrawn = true;
    },
    clearStatus,
    keepStatus() {
      if (statusDrawn) stderr.write('\n');
      statusDrawn = false;
    },
    style: (target, style, text) => styleText(style, text, { stream: target === 'result' ? stdout : stderr }),
  };
}
