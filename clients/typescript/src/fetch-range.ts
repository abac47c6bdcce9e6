import type { Lane, Receiving } from './adapters/receiving/lane.ts';
import { hashLengthBytes } from './core/digest/merkle-tree.ts';
import { pieceRange } from './core/digest/piece-length.ts';
import { PieceOfSegments, segmentAt, segmentLengthBytes } from './core/digest/segment.ts';
import { HolderFailure } from './core/download/holder-failure.ts';
import type { Part } from './core/download/part.ts';
import type { PieceRun } from './core/download/piece-set.ts';
import { tellingOf } from './core/download/telling-of.ts';
import { CardumeError } from './errors/cardume-error.ts';

/** For how long a stream whose bytes have all come may take to end. */
const graceMs = 500;

/** A request to a holder. */
export interface RangeFetchInit {
  part: Part;
  lane: Lane;
  /** `HOST:PORT` of the holder, for messages. */
  target: string;
  run: PieceRun;
  /** When so many bytes are still to come, the lane is to be asked for more: it then never waits for an answer. */
  aheadBytes: number;
  /** Called with how many bytes came; says for how many milliseconds no more may come, when it keeps to a rate. */
  onReceived: (bytes: number) => number;
  isPaced: boolean;
  /** Called with pieces that are verified and noted, and were not before. */
  onVerified: (pieces: readonly number[], bytes: number) => void;
}

/** One request to a holder: from the first of some missing pieces to the last, each verified and noted as it is whole. */
export class RangeFetch {
  readonly #init: RangeFetchInit;
  readonly #nearEnd = Promise.withResolvers<void>();
  /** The pieces that are coming: the roots of their segments. */
  readonly #pieces = new Map<number, PieceOfSegments>();
  #remainingBytes: number;
  #missingPieces: number;
  /** The first piece of which something may still be written. */
  #firstHeld: number;
  #receiving: Receiving | undefined;
  /** Settles when what is verified so far is noted. */
  #noted: Promise<void> = Promise.resolve();
  #failure: { error: unknown } | undefined;
  #isCancelled = false;
  #hasEnded = false;
  #graceTimer: NodeJS.Timeout | undefined;

  constructor(init: RangeFetchInit) {
    this.#init = init;
    const { start, end } = this.#range();
    this.#remainingBytes = end - start;
    this.#missingPieces = init.run.end - init.run.first;
    this.#firstHeld = init.run.first;
  }

  /** Resolves when little is still to come. */
  get isNearEnd(): Promise<void> {
    return this.#nearEnd.promise;
  }

  /** Whether each of its pieces has come and is verified. */
  get hasAll(): boolean {
    return this.#missingPieces === 0 && this.#failure === undefined;
  }

  /** Ends it early: `run` then resolves. One that has all its bytes may hear that this was all, so that nobody takes it for cut. */
  cancel(): void {
    this.#isCancelled = true;
    if (this.#missingPieces > 0) this.#receiving?.cancel();
    else if (!this.#hasEnded) this.#graceTimer ??= setTimeout(() => this.#receiving?.cancel(), graceMs);
  }

  /** @throws HolderFailure when the holder fails, ends early or sends wrong bytes; any other error is of this machine */
  async run(): Promise<void> {
    const { part, run, lane, onReceived, isPaced } = this.#init;
    const { digest, sizeBytes, pieceLengthBytes } = part.manifest;
    const { descriptor, ringBytes } = part;
    this.#receiving = lane.receiveRange(
      {
        digest,
        sizeBytes,
        pieceLengthBytes,
        ...this.#range(),
        descriptor,
        ringBytes,
        isHole: part.touch(run),
        expectedRoots: this.#expectedRoots(),
        ...tellingOf(isPaced),
      },
      {
        onSegments: (start, roots) => this.#take(start, roots),
        onReceived: (bytes) => {
          this.#remainingBytes -= bytes;
          this.#noteNearEnd();
          const waitMs = onReceived(bytes);
          if (isPaced) this.#receiving?.waitFor(waitMs);
        },
      },
    );
    if (this.#isCancelled) this.#receiving.cancel();
    this.#noteNearEnd();
    try {
      await this.#receiving.ended;
    } catch (error) {
      if (!this.#isCancelled) this.#failure ??= { error };
    }
    this.#hasEnded = true;
    clearTimeout(this.#graceTimer);
    this.#releaseBefore(run.end);
    await this.#noted;
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  #range(): { start: number; end: number } {
    const { run, part } = this.#init;
    const { sizeBytes, pieceLengthBytes } = part.manifest;
    return {
      start: pieceRange(run.first, sizeBytes, pieceLengthBytes).start,
      end: pieceRange(run.end - 1, sizeBytes, pieceLengthBytes).end,
    };
  }

  /** Where a segment is a piece, it is compared before it is written: see `RangeJob`. */
  #expectedRoots(): Uint8Array | undefined {
    const { run, part } = this.#init;
    const { pieceLengthBytes, pieceHashes } = part.manifest;
    if (pieceLengthBytes !== segmentLengthBytes) return undefined;
    return Uint8Array.from(pieceHashes.subarray(run.first * hashLengthBytes, run.end * hashLengthBytes));
  }

  #noteNearEnd(): void {
    if (this.#remainingBytes <= this.#init.aheadBytes) this.#nearEnd.resolve();
  }

  /** Takes the roots of segments; a piece that has all of its own is verified or refused. */
  #take(start: number, roots: Uint8Array): void {
    const { manifest } = this.#init.part;
    const verified: number[] = [];
    for (let index = 0; index * hashLengthBytes < roots.length; index++) {
      const segment = segmentAt(start + index * segmentLengthBytes, manifest);
      const { piece } = segment;
      const gathered = this.#pieces.get(piece) ?? new PieceOfSegments(piece, manifest);
      this.#pieces.set(piece, gathered);
      if (!gathered.add(segment, roots.subarray(index * hashLengthBytes, (index + 1) * hashLengthBytes))) continue;
      this.#pieces.delete(piece);
      this.#releaseBefore(piece + 1);
      if (gathered.isRight) {
        verified.push(piece);
        this.#missingPieces -= 1;
      } else {
        this.#fail(new HolderFailure(wrongBytes(this.#init.target, piece, manifest.digest)));
        break;
      }
    }
    if (verified.length > 0) this.#noted = this.#noted.then(() => this.#note(verified));
  }

  /** Pieces come in order: what was told of is written, and not again. */
  #releaseBefore(end: number): void {
    this.#init.part.release?.({ first: this.#firstHeld, end });
    this.#firstHeld = end;
  }

  async #note(verified: readonly number[]): Promise<void> {
    const { part, onVerified } = this.#init;
    try {
      // Another holder may have been quicker with some of them.
      const { isNew, bytes } = await part.noteVerified(verified);
      onVerified(isNew, bytes);
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    this.#failure ??= { error };
    this.#receiving?.cancel();
  }
}

/** The error for a holder whose bytes are not those of the digest. */
function wrongBytes(target: string, piece: number, digest: string): CardumeError {
  return new CardumeError('BYTES_MISMATCH', `peer ${target} sent wrong bytes for piece ${piece} of ${digest}`, {
    metadata: { peer: target, piece: String(piece) },
  });
}
