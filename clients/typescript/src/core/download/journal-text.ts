import { isDigest } from '../digest/digest-text.ts';
import { blockSizeBytes, maxFileSizeBytes, maxPieceLengthBytes, pieceCount } from '../digest/piece-length.ts';
import { PieceSet } from './piece-set.ts';

/** What a journal is about. */
export interface JournalHeader {
  digest: string;
  sizeBytes: number;
  pieceLengthBytes: number;
}

/** A journal that was read. */
export interface Journal extends JournalHeader {
  /** The pieces that it says are in the part file. It is a hint where to look: each is verified before it counts. */
  claimed: PieceSet;
}

const format = 'cardume journal 1';

/** The first line of a journal, with its line break. */
export function journalHeaderLine({ digest, sizeBytes, pieceLengthBytes }: JournalHeader): string {
  return `${format} ${digest} ${sizeBytes} ${pieceLengthBytes}\n`;
}

/** The line that says that a piece is written, with its line break. */
export function journalPieceLine(piece: number): string {
  return `${piece}\n`;
}

/** How long the journal of a file may be in bytes; a longer one is not of our making. */
export function maxJournalBytes(sizeBytes: number, pieceLengthBytes: number): number {
  // Each piece may stand in it twice or more, when runs were cut off: room for four times, 8 digits and a break each.
  return 256 + pieceCount(sizeBytes, pieceLengthBytes) * 4 * 9;
}

/**
 * Reads a journal. A last line that was cut off (the process died) is passed over, as is any that is no piece number.
 *
 * @returns undefined when the text is no journal of this version
 */
export function parseJournal(text: string): Journal | undefined {
  const [headerLine = '', ...lines] = text.split('\n');
  const match = /^cardume journal 1 ([0-9a-f]{64}) (\d{1,15}) (\d{1,10})$/.exec(headerLine);
  if (match === null) return undefined;
  const [, digest = '', size, pieceLength] = match;
  const header = { digest, sizeBytes: Number(size), pieceLengthBytes: Number(pieceLength) };
  if (!isPlausible(header)) return undefined;
  const claimed = new PieceSet(pieceCount(header.sizeBytes, header.pieceLengthBytes));
  lines.pop();
  for (const line of lines) if (/^\d{1,8}$/.test(line)) claimed.add(Number(line));
  return { ...header, claimed };
}

function isPlausible({ digest, sizeBytes, pieceLengthBytes }: JournalHeader): boolean {
  return (
    isDigest(digest) &&
    sizeBytes <= maxFileSizeBytes &&
    pieceLengthBytes >= blockSizeBytes &&
    pieceLengthBytes <= maxPieceLengthBytes &&
    Number.isInteger(Math.log2(pieceLengthBytes))
  );
}

/**
 * The pieces of a file that lie wholly in what a journal claims, also when the journal has another piece length, or is
 * of another version of the file: only what then verifies is kept.
 */
export function claimedPieces(journal: Journal, sizeBytes: number, pieceLengthBytes: number): PieceSet {
  const pieces = new PieceSet(pieceCount(sizeBytes, pieceLengthBytes));
  for (let piece = 0; piece < pieces.pieceCount; piece++) {
    const start = piece * pieceLengthBytes;
    const end = Math.min(start + pieceLengthBytes, sizeBytes);
    let covered = end <= journal.sizeBytes;
    for (let at = start; covered && at < end; at += journal.pieceLengthBytes) {
      covered = journal.claimed.has(Math.floor(at / journal.pieceLengthBytes));
    }
    if (covered && end > start) covered = journal.claimed.has(Math.floor((end - 1) / journal.pieceLengthBytes));
    if (covered) pieces.add(piece);
  }
  return pieces;
}
