import { readPage } from '../../../scripts/docs/page.ts';

/** A command that a page shows, and the output that stands under it. */
export interface ConsoleLine {
  command: string;
  output: string;
}

/** The commands of a page's `console` blocks, in order. */
export function consoleLines(path: string): ConsoleLine[] {
  const found: ConsoleLine[] = [];
  for (const { lines } of readPage(path).blocks.filter(({ language }) => language === 'console')) {
    for (const line of lines) {
      const last = found.at(-1);
      if (line.startsWith('$ ')) found.push({ command: line.slice(2), output: '' });
      else if (last !== undefined) last.output += `${line}\n`;
    }
  }
  return found;
}
