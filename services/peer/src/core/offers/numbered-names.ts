import { maxNamePartBytes } from '@cardume/client';
import { maxNumberedNames } from '../limits.ts';

/**
 * The names that something may get in a folder where others stand: its own first, then `NAME (2).EXT` and so on. A name
 * without room for the number is cut.
 */
export function* numberedNames(name: string, isFolder: boolean): Generator<string, void, undefined> {
  yield name;
  const { stem, extension } = isFolder ? { stem: name, extension: '' } : split(name);
  for (let number = 2; number <= maxNumberedNames; number++) {
    const end = ` (${number})${extension}`;
    yield cut(stem, maxNamePartBytes - Buffer.byteLength(end)) + end;
  }
}

/** `a.tar.gz` has the extension `.tar.gz`, and `.profile` none. */
function split(name: string): { stem: string; extension: string } {
  const extension = /(?<=.)(?:\.tar)?\.[^.\s]{1,16}$/i.exec(name)?.[0] ?? '';
  return { stem: name.slice(0, name.length - extension.length), extension };
}

function cut(text: string, maxBytes: number): string {
  if (Buffer.byteLength(text) <= maxBytes) return text;
  let kept = '';
  for (const character of text) {
    if (Buffer.byteLength(kept + character) > maxBytes) break;
    kept += character;
  }
  return kept;
}
