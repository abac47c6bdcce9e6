import { describeCopy } from './adapters/disk/open-copy.ts';
import { type LocalCopies, type LocalCopy, minCopiedBytes } from './core/model/local-copies.ts';

/** A file that is there, whole and verified. */
export interface FinishedFile {
  digest: string;
  sizeBytes: number;
  path: string;
}

/**
 * Takes note of finished files, those that are large enough; what fails of it is of no weight.
 *
 * @param partPath where one of them was while it came
 */
export async function noteFinished(
  copies: LocalCopies | undefined,
  files: readonly FinishedFile[],
  partPath?: string,
): Promise<void> {
  const large = files.filter(({ sizeBytes }) => sizeBytes >= minCopiedBytes);
  if (copies === undefined || large.length === 0) return;
  const described: LocalCopy[] = [];
  for (const { digest, sizeBytes, path } of large) {
    const copy = await describeCopy(digest, sizeBytes, path);
    if (copy !== undefined) described.push(copy);
  }
  try {
    await copies.note(described);
    if (partPath !== undefined) await copies.forget([partPath]);
  } catch {
    // Then it will be fetched where it could have been copied.
  }
}

/** Takes note of where a download writes to; what fails of it is of no weight. */
export async function notePart(copies: LocalCopies | undefined, file: FinishedFile): Promise<void> {
  const { digest, sizeBytes, path } = file;
  if (copies === undefined || sizeBytes < minCopiedBytes) return;
  try {
    await copies.note([{ digest, sizeBytes, path, kind: 'part', modifyTimeMs: 0 }]);
  } catch {
    // As above.
  }
}
