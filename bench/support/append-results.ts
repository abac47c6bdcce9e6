import { appendFileSync } from 'node:fs';
import { join } from 'node:path';

/** Appends a section, lines of Markdown, to bench/RESULTS.md. */
export function appendResults(lines: readonly string[]): void {
  appendFileSync(join(import.meta.dirname, '../RESULTS.md'), `\n${lines.join('\n')}\n`);
  console.log('appended to bench/RESULTS.md');
}
