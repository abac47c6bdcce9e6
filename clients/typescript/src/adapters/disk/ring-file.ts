import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Manifest } from '../../core/digest/manifest.ts';
import { pieceCount, pieceRange } from '../../core/digest/piece-length.ts';
import { segmentLengthBytes } from '../../core/digest/segment.ts';
import { addVerified } from '../../core/download/add-verified.ts';
import type { Part } from '../../core/download/part.ts';
import { type PieceRun, PieceSet } from '../../core/download/piece-set.ts';
import { RingPlaces } from '../../core/download/ring-places.ts';
import { lookAheadPieces } from '../../core/swarm/look-ahead.ts';
import { CardumeError } from '../../errors/cardume-error.ts';
import { checkSpace } from './check-target.ts';
import { readFully } from './read-fully.ts';

// Nobody else may have made it, nor may anybody else open it in the moment in which it has a name.
const ringFlags = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

/**
 * Pieces on their way to who reads a file in order: a file without a name, as long as the planner looks ahead, in which a
 * piece lies at its place in the file modulo that length. Whatever ends this process, nothing of it stays.
 *
 * Who owns what: this class owns the file and the set of verified pieces; whoever downloads gives it pieces in any order
 * for which there is room, and one reader takes them in theirs.
 */
export class RingFile implements Part {
  readonly manifest: Manifest;
  readonly verified: PieceSet;
  readonly #file: FileHandle;
  readonly #places: RingPlaces;
  #verifiedBytes = 0;
  #failure: { error: unknown } | undefined;
  #wakeReader = (): void => undefined;

  private constructor(file: FileHandle, manifest: Manifest) {
    const { sizeBytes, pieceLengthBytes } = manifest;
    this.#file = file;
    this.manifest = manifest;
    this.verified = new PieceSet(pieceCount(sizeBytes, pieceLengthBytes));
    this.#places = new RingPlaces(lookAheadPieces(pieceLengthBytes));
  }

  /**
   * Makes one.
   *
   * @param folder a folder of this machine for temporary files
   * @throws CardumeError DISK_FULL; or an error of the operating system
   */
  static async open(folder: string, manifest: Manifest): Promise<RingFile> {
    const { sizeBytes, pieceLengthBytes } = manifest;
    await checkSpace(folder, Math.min(sizeBytes, lookAheadPieces(pieceLengthBytes) * pieceLengthBytes));
    const path = join(folder, `cardume-${randomUUID()}`);
    const file = await open(path, ringFlags, 0o600);
    try {
      await rm(path);
      return new RingFile(file, manifest);
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  get comparesBeforeWriting(): boolean {
    return this.manifest.pieceLengthBytes === segmentLengthBytes;
  }

  /** The open file; open until `close()`. */
  get descriptor(): number {
    return this.#file.fd;
  }

  get ringBytes(): number {
    return this.#places.placeCount * this.manifest.pieceLengthBytes;
  }

  get firstKept(): number {
    return this.#places.firstKept;
  }

  /** How many bytes the verified pieces have, those that were read included. */
  get verifiedBytes(): number {
    return this.#verifiedBytes;
  }

  touch(run: PieceRun): boolean {
    this.#places.hold(run);
    return false;
  }

  release(run: PieceRun): void {
    this.#places.release(run);
  }

  async noteVerified(pieces: readonly number[]): Promise<{ isNew: number[]; bytes: number }> {
    const { isNew, bytes } = addVerified(this.verified, pieces, this.manifest);
    this.#verifiedBytes += bytes;
    this.#wakeReader();
    return { isNew, bytes };
  }

  /** Says that no more pieces come, and why: `read` then throws it. */
  fail(error: unknown): void {
    this.#failure ??= { error };
    this.#wakeReader();
  }

  /**
   * The file's bytes in order, each piece as soon as it is verified. When a piece was read, its place is free for another.
   *
   * @param onRead called after each piece
   * @returns buffers of up to 1 MiB, which are the caller's
   */
  async *read(onRead: () => void): AsyncGenerator<Buffer, void, undefined> {
    const { sizeBytes, pieceLengthBytes } = this.manifest;
    for (let piece = 0; piece < this.verified.pieceCount; piece++) {
      await this.#untilVerified(piece);
      const { start, end } = pieceRange(piece, sizeBytes, pieceLengthBytes);
      for (let at = start; at < end; at += segmentLengthBytes) {
        const bytes = await this.#readAt(at, Math.min(segmentLengthBytes, end - at));
        if (at + bytes.length === end) {
          this.#places.readNext();
          onRead();
        }
        // A piece may be large and its reader slow: what has failed meanwhile is told at once.
        if (this.#failure !== undefined) throw this.#failure.error;
        yield bytes;
      }
    }
  }

  /** Gives the file up: there is nothing left of it. To be called when nobody writes to it any more. */
  async close(): Promise<void> {
    await this.#file.close();
  }

  async #untilVerified(piece: number): Promise<void> {
    while (!this.verified.has(piece)) {
      if (this.#failure !== undefined) throw this.#failure.error;
      await new Promise<void>((resolve) => {
        this.#wakeReader = resolve;
      });
    }
  }

  async #readAt(position: number, lengthBytes: number): Promise<Buffer> {
    const bytes = Buffer.allocUnsafeSlow(lengthBytes);
    if (await readFully(this.#file, bytes, position % this.ringBytes)) return bytes;
    throw new CardumeError('LOCAL_IO_FAILED', 'the file for what comes was cut by somebody');
  }
}
