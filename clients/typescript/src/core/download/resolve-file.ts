import { CardumeError } from '../../errors/cardume-error.ts';
import { isDigestPrefix } from '../digest/digest-text.ts';
import type { SharedFile } from '../model/shared-file.ts';
import { lastPart } from '../names/last-part.ts';
import { printable } from '../names/printable.ts';

/** What a caller means by a name or digest, without the slash at its end that says that it is a folder. */
export function withoutSlash(nameOrDigest: string): string {
  return nameOrDigest.replace(/(?<=.)\/$/, '');
}

/**
 * Decides which one of the files and folders found is meant by a name or a digest prefix; a `/` at its end means a folder.
 *
 * One whose whole name it is wins over those whose last part it is, and those over a digest. The same content under
 * several names is one.
 *
 * @returns all the entries of the one content that is meant, the best named first
 * @throws CardumeError FILE_NOT_SHARED when it is none of them; AMBIGUOUS when it is several contents, or a file and a folder
 */
export function resolveFile<File extends SharedFile>(nameOrDigest: string, files: readonly File[]): [File, ...File[]] {
  const text = withoutSlash(nameOrDigest);
  const name = text.normalize('NFC');
  const prefix = text.toLowerCase();
  const wanted = text === nameOrDigest ? files : files.filter(({ folder }) => folder !== undefined);
  const rules: ((file: File) => boolean)[] = [
    (file) => file.name === name,
    (file) => lastPart(file.name) === name,
    (file) => isDigestPrefix(prefix) && file.digest.startsWith(prefix),
  ];
  for (const rule of rules) {
    const [first, ...others] = wanted.filter(rule);
    if (first === undefined) continue;
    if (others.some((other) => !isSameContent(other, first))) throw ambiguous(nameOrDigest, [first, ...others]);
    return [first, ...wanted.filter((file) => file !== first && isSameContent(file, first))];
  }
  throw new CardumeError('FILE_NOT_SHARED', `no live peer shares "${printable(nameOrDigest)}"`, {
    metadata: { query: nameOrDigest },
  });
}

function isSameContent(a: SharedFile, b: SharedFile): boolean {
  return a.digest === b.digest && (a.folder === undefined) === (b.folder === undefined);
}

function ambiguous(query: string, files: readonly SharedFile[]): CardumeError {
  const distinct = new Map(files.map((file) => [`${file.folder === undefined} ${file.digest}`, file]));
  const shown = [...distinct.values()].slice(0, 5);
  const more = distinct.size > shown.length ? [`  and ${distinct.size - shown.length} more`] : [];
  const folders = [...distinct.values()].filter(({ folder }) => folder !== undefined).length;

  const text = [...head(query, distinct.size - folders, folders), ...shown.map(lineOf), ...more].join('\n');
  return new CardumeError('AMBIGUOUS', text, { metadata: { query } });
}

function head(query: string, fileCount: number, folderCount: number): string[] {
  const name = printable(query);
  if (folderCount === 0) return [`"${name}" is ${fileCount} different files; name one by its digest:`];
  if (fileCount === 0) return [`"${name}" is ${folderCount} different folders; name one by its digest:`];
  const folder = folderCount === 1 ? `the folder as "${name}/", or ` : '';
  return [`"${name}" is both a file and a folder; name ${folder}one by its digest:`];
}

function lineOf({ digest, sizeBytes, name, folder }: SharedFile): string {
  const size =
    folder === undefined ? `${sizeBytes} bytes` : `${folder.fileCount} ${folder.fileCount === 1 ? 'file' : 'files'}`;
  return `  ${digest.slice(0, 16)}  ${size}  ${printable(name)}${folder === undefined ? '' : '/'}`;
}
