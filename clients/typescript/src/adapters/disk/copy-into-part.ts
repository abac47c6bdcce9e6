import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { pieceCount, pieceRange } from '../../core/digest/piece-length.ts';
import { claimedPieces, maxJournalBytes, parseJournal } from '../../core/download/journal-text.ts';
import { journalOfPart } from '../../core/download/part-names.ts';
import { PieceSet } from '../../core/download/piece-set.ts';
import type { LocalCopy } from '../../core/model/local-copies.ts';
import { openCopy } from './open-copy.ts';
import type { PartFile } from './part-file.ts';
import { readFully } from './read-fully.ts';

/** So many wrong pieces of one file, and the rest of it is not read: it is another one. */
const maxWrongPieces = 8;

/**
 * Takes what a file on this machine has of a part's missing pieces, each verified before it counts.
 *
 * @param onCopied called after each piece
 * @returns whether all that it was said to have was right
 * @throws an error of the operating system when the part cannot be written; the signal's reason
 */
export async function copyIntoPart(
  part: PartFile,
  copy: LocalCopy,
  onCopied: () => void,
  signal: AbortSignal,
): Promise<boolean> {
  const source = await openCopy(copy);
  if (source === undefined) return false;
  try {
    if (await part.isSameFile(source)) return true;
    const isCloned = copy.kind === 'file' && (await part.cloneFrom(source, onCopied, signal));
    if (isCloned) return part.isWhole;
    const pieces = copy.kind === 'file' ? allPieces(part) : await piecesOfPart(copy.path, part);
    return await copyPieces(source, pieces, part, onCopied, signal);
  } finally {
    await source.close();
  }
}

async function copyPieces(
  source: FileHandle,
  pieces: Iterable<number>,
  part: PartFile,
  onCopied: () => void,
  signal: AbortSignal,
): Promise<boolean> {
  const { sizeBytes, pieceLengthBytes } = part.manifest;
  const buffer = Buffer.allocUnsafeSlow(Math.min(pieceLengthBytes, sizeBytes));
  let wrongPieces = 0;
  for (const piece of pieces) {
    if (part.verified.has(piece)) continue;
    signal.throwIfAborted();
    const { start, end } = pieceRange(piece, sizeBytes, pieceLengthBytes);
    const bytes = buffer.subarray(0, end - start);
    // A disk that cannot be read has nothing for us; whether ours can be written is another matter.
    const isRead = await readFully(source, bytes, start).catch(() => false);
    if (isRead && part.isRight(piece, bytes)) {
      await part.write(piece, bytes);
      onCopied();
      continue;
    }
    wrongPieces += 1;
    if (wrongPieces === maxWrongPieces) break;
  }
  return wrongPieces === 0;
}

function allPieces({ verified }: PartFile): Iterable<number> {
  return Array.from({ length: verified.pieceCount }).keys();
}

/** The pieces that the journal beside another part claims; none without one that can be read. */
async function piecesOfPart(path: string, { manifest }: PartFile): Promise<PieceSet> {
  const { sizeBytes, pieceLengthBytes } = manifest;
  const none = new PieceSet(pieceCount(sizeBytes, pieceLengthBytes));
  const journalPath = journalOfPart(path);
  if (journalPath === undefined) return none;
  try {
    await using file = await open(journalPath, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const stat = await file.stat();
    if (!stat.isFile() || stat.size > maxJournalBytes(sizeBytes, pieceLengthBytes)) return none;
    const text = Buffer.alloc(stat.size);
    const { bytesRead } = await file.read(text, 0, stat.size, 0);
    const journal = parseJournal(text.toString('utf8', 0, bytesRead));
    return journal === undefined ? none : claimedPieces(journal, sizeBytes, pieceLengthBytes);
  } catch {
    return none;
  }
}
