import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../support/repository.ts';

/** A fenced block of a page. */
export interface CodeBlock {
  /** What follows the fence: `ts`, `sh`; empty when nothing does. */
  language: string;
  /** The block's first line, counted from 1. */
  line: number;
  lines: string[];
  /** The file that the block must equal: `<!-- file: PATH -->` in the line above the fence. */
  file: string | undefined;
}

/** A Markdown page of the repository, taken apart as far as the checks need it. */
export interface Page {
  /** Relative to the repository's top. */
  path: string;
  /** The lines outside of fenced blocks; the lines inside are empty here, so that numbers stay. */
  prose: string[];
  blocks: CodeBlock[];
}

/** Reads a page of the repository. */
export function readPage(path: string): Page {
  return parsePage(path, readFileSync(join(root, path), 'utf8'));
}

/** Takes a page apart. */
export function parsePage(path: string, text: string): Page {
  const lines = text.split('\n');
  const prose: string[] = [];
  const blocks: CodeBlock[] = [];
  let fence: string | undefined;
  let block: CodeBlock | undefined;
  for (const [index, line] of lines.entries()) {
    const marker = /^ *(`{3,}|~{3,}) *(\S*)/.exec(line);
    if (block !== undefined && marker?.[1] === fence && marker?.[2] === '') {
      block = undefined;
    } else if (block !== undefined) {
      block.lines.push(line);
    } else if (marker !== null) {
      fence = marker[1];
      const file = /^<!-- file: (\S+) -->$/.exec(lines[index - 1] ?? '')?.[1];
      block = { language: marker[2] ?? '', line: index + 2, lines: [], file };
      blocks.push(block);
    }
    prose.push(block === undefined && marker === null ? line : '');
  }
  return { path, prose, blocks };
}

/** The anchors that a page's headings have on GitHub. */
export function anchorsOf(page: Page): Set<string> {
  const anchors = new Set<string>();
  for (const line of page.prose) {
    const heading = /^#{1,6} +(.*?)#* *$/.exec(line)?.[1];
    if (heading === undefined) continue;
    const base = heading
      .trim()
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\p{M}_ -]/gu, '')
      .replaceAll(' ', '-');
    let anchor = base;
    for (let repeat = 1; anchors.has(anchor); repeat++) anchor = `${base}-${repeat}`;
    anchors.add(anchor);
  }
  return anchors;
}
