import type { PartFile } from './adapters/disk/part-file.ts';
import type { PeerClient } from './adapters/peer/open-peer.ts';
import { pieceRange } from './core/digest/piece-length.ts';
import { PendingWrites } from './core/download/pending-writes.ts';
import { PieceAssembler } from './core/download/piece-assembler.ts';
import { CardumeError } from './errors/cardume-error.ts';
import { cardumeErrorFrom } from './errors/from-unknown.ts';

/** How many verified pieces may be on their way to the disk: 2 keep it busy, and hold 32 MiB at the most. */
const maxPendingWrites = 2;

/**
 * Carries an error that a holder caused: another one may do better. Whatever else is thrown while downloading is this
 * machine's own trouble; a holder cannot pass one off for it, whatever reason it puts into its status.
 */
export class HolderFailure {
  readonly error: CardumeError;

  constructor(error: unknown) {
    this.error = cardumeErrorFrom(error);
  }
}

/** What a holder is to bring. */
export interface HolderDownload {
  peer: PeerClient;
  part: PartFile;
  /** Called with the length of each chunk that came; the next one is taken when it resolves. */
  onReceived: (bytes: number) => Promise<void>;
  /** Called with the length of each piece that is verified and written. */
  onVerified: (bytes: number) => void;
  signal: AbortSignal | undefined;
}

/**
 * Fetches every piece that is missing from one holder, run by run.
 *
 * @throws HolderFailure when the holder fails, ends early or sends wrong bytes; any other error is of this machine
 */
export async function downloadFromHolder(download: HolderDownload): Promise<void> {
  for (let run = download.part.verified.firstMissingRun(); run; run = download.part.verified.firstMissingRun()) {
    await downloadRun(download, run.first, run.end);
  }
}

async function downloadRun(download: HolderDownload, first: number, end: number): Promise<void> {
  const { peer, part, onReceived, onVerified } = download;
  const { digest, sizeBytes, pieceLengthBytes } = part.manifest;
  const offset = pieceRange(first, sizeBytes, pieceLengthBytes).start;
  const limit = pieceRange(end - 1, sizeBytes, pieceLengthBytes).end - offset;
  const assembler = new PieceAssembler(sizeBytes, pieceLengthBytes, first, end);
  const writes = new PendingWrites(maxPendingWrites);
  try {
    for await (const chunk of holderStream(download, { digest, offset, limit })) {
      await onReceived(chunk.length);
      for (const { piece, bytes } of piecesOf(assembler, chunk)) {
        if (!part.isRight(piece, bytes)) {
          throw new HolderFailure(mismatch(peer, `sent wrong bytes for piece ${piece} of ${digest}`));
        }
        await writes.begin(async () => {
          await part.write(piece, bytes);
          onVerified(bytes.length);
        });
      }
      if (assembler.done) return;
    }
  } finally {
    // Also when the holder failed: what is verified counts, and a disk that failed is the weightier error.
    await writes.end();
  }
  throw new HolderFailure(new CardumeError('UNREACHABLE', `peer ${peer.target} ended the stream early`));
}

/** The chunks of a range; every error in it is the holder's. */
async function* holderStream(
  { peer, part, signal }: HolderDownload,
  range: { digest: string; offset: number; limit: number },
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    const { file, chunks } = await peer.download(range, signal === undefined ? {} : { signal });
    if (file.digest !== range.digest || file.sizeBytes !== part.manifest.sizeBytes) {
      throw mismatch(peer, `answered with another file than ${range.digest}`);
    }
    yield* chunks;
  } catch (error) {
    if (signal?.aborted === true) throw error;
    throw new HolderFailure(error);
  }
}

function* piecesOf(assembler: PieceAssembler, chunk: Uint8Array): Generator<{ piece: number; bytes: Uint8Array }> {
  try {
    yield* assembler.push(chunk);
  } catch (error) {
    throw new HolderFailure(
      new CardumeError('BYTES_MISMATCH', 'more bytes came than were asked for', { cause: error }),
    );
  }
}

function mismatch(peer: PeerClient, what: string): CardumeError {
  return new CardumeError('BYTES_MISMATCH', `peer ${peer.target} ${what}`, { metadata: { peer: peer.target } });
}
