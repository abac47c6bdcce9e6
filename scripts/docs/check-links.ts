import { existsSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { root } from '../support/repository.ts';
import { anchorsOf, type Page, readPage } from './page.ts';

// [text](target), ![text](target), <img src="target">, <a href="target">
const link = /\]\(<?([^)\s>]+)>?(?: "[^"]*")?\)|(?:src|href|srcset)="([^"]+)"/g;

/** Each relative link leads to a file that is there, and to a heading that it has. */
export function checkLinks(pages: readonly Page[]): string[] {
  return pages.flatMap((page) =>
    page.prose.flatMap((line, index) =>
      [...line.matchAll(link)]
        .map((match) => match[1] ?? match[2] ?? '')
        .filter((target) => !/^[a-z][a-z0-9+.-]*:/i.test(target) && !leadsSomewhere(page, target))
        .map((target) => `${page.path}:${index + 1}: nothing is at ${target}`),
    ),
  );
}

function leadsSomewhere(page: Page, target: string): boolean {
  const [file = '', anchor] = decodeURI(target).split('#');
  const path = file === '' ? page.path : normalize(join(dirname(page.path), file));
  if (path.startsWith('..') || !existsSync(join(root, path))) return false;
  if (anchor === undefined || !path.endsWith('.md')) return true;
  return anchorsOf(readPage(path)).has(anchor);
}
