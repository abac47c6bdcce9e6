import type { FileHolders } from '../catalog.ts';
import { maxPageBytes } from '../limits.ts';
import type { RankedCandidate } from './rank.ts';

/** A file that was found, with its live holders. */
export type FoundFile = Pick<RankedCandidate, 'name' | 'sizeBytes' | 'digest' | 'folder'> & FileHolders;

/** Ranked files as far as they fit into a page. */
export interface FilledPage {
  files: FoundFile[];
  /** The last candidate that was considered, after which the next page begins; undefined when there was none. */
  last: RankedCandidate | undefined;
  /** How many of those bytes it has. */
  textBytes: number;
}

/**
 * Fills a page with ranked files until `maxPageBytes` are reached, so that whoever joins with long hosts cannot make
 * answers too large for their readers.
 *
 * A file whose last holder left since the candidates were found is no hit any more, and is passed over.
 */
export function fillPage(
  candidates: readonly RankedCandidate[],
  holdersOfFile: ReadonlyMap<number, FileHolders>,
): FilledPage {
  const page: FilledPage = { files: [], last: undefined, textBytes: 0 };
  for (const candidate of candidates) {
    const fileHolders = holdersOfFile.get(candidate.fileKey);
    if (fileHolders !== undefined) {
      const { name, sizeBytes, digest, folder } = candidate;
      const file = { name, sizeBytes, digest, folder, ...fileHolders };
      const textBytes = page.textBytes + textBytesOf(file);
      if (textBytes > maxPageBytes) break;
      page.textBytes = textBytes;
      page.files.push(file);
    }
    page.last = candidate;
  }
  return page;
}

function textBytesOf({ name, digest, holders }: FoundFile): number {
  return holders.reduce(
    (sum, { peerId, host }) => sum + peerId.length + Buffer.byteLength(host),
    Buffer.byteLength(name) + digest.length,
  );
}
