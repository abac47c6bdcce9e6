import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../support/repository.ts';
import type { Page } from './page.ts';

/**
 * Each block under `<!-- file: PATH -->` equals that file, which tests run; and each file in an `examples` folder
 * stands in a page, or nobody would find it.
 */
export function checkExamples(pages: readonly Page[], exampleFiles: readonly string[]): string[] {
  const shown = new Set<string>();
  const differing = pages.flatMap((page) =>
    page.blocks.flatMap(({ file, lines, line }) => {
      if (file === undefined) return [];
      shown.add(file);
      if (!existsSync(join(root, file))) return [`${page.path}:${line}: there is no ${file}`];
      const same = readFileSync(join(root, file), 'utf8').trimEnd() === lines.join('\n').trimEnd();
      return same ? [] : [`${page.path}:${line}: the block differs from ${file}`];
    }),
  );
  const unseen = exampleFiles.filter((file) => !shown.has(file)).map((file) => `${file} stands in no page`);
  return [...differing, ...unseen];
}
