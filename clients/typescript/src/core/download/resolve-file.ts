import { CardumeError } from '../../errors/cardume-error.ts';
import { isDigestPrefix } from '../digest/digest-text.ts';
import type { SharedFile } from '../model/shared-file.ts';
import { printable } from '../names/printable.ts';

/** The last part of a name, after the slashes. */
export function lastPart(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1);
}

/**
 * Decides which one of the files found is meant by a name or a digest prefix.
 *
 * A file whose whole name it is wins over files whose last part it is, and those over a digest. The same content under
 * several names is one file.
 *
 * @returns all the entries of the one content that is meant, the best named first
 * @throws CardumeError FILE_NOT_SHARED when it is none of them; AMBIGUOUS when it is several contents
 */
export function resolveFile<File extends SharedFile>(nameOrDigest: string, files: readonly File[]): [File, ...File[]] {
  const name = nameOrDigest.normalize('NFC');
  const prefix = nameOrDigest.toLowerCase();
  const rules: ((file: File) => boolean)[] = [
    (file) => file.name === name,
    (file) => lastPart(file.name) === name,
    (file) => isDigestPrefix(prefix) && file.digest.startsWith(prefix),
  ];
  for (const rule of rules) {
    const [first, ...others] = files.filter(rule);
    if (first === undefined) continue;
    if (others.some(({ digest }) => digest !== first.digest)) throw ambiguous(nameOrDigest, [first, ...others]);
    return [first, ...files.filter((file) => file !== first && file.digest === first.digest)];
  }
  throw new CardumeError('FILE_NOT_SHARED', `no live peer shares "${printable(nameOrDigest)}"`, {
    metadata: { query: nameOrDigest },
  });
}

function ambiguous(query: string, files: readonly SharedFile[]): CardumeError {
  const distinct = new Map(files.map((file) => [file.digest, file]));
  const shown = [...distinct.values()].slice(0, 5);
  const lines = shown.map((file) => `  ${file.digest.slice(0, 16)}  ${file.sizeBytes} bytes  ${printable(file.name)}`);
  const more = distinct.size > shown.length ? [`  and ${distinct.size - shown.length} more`] : [];
  return new CardumeError(
    'AMBIGUOUS',
    [`"${printable(query)}" is ${distinct.size} different files; name one by its digest:`, ...lines, ...more].join(
      '\n',
    ),
    { metadata: { query } },
  );
}
