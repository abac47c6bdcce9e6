import type { PartFile } from './adapters/disk/part-file.ts';
import type { PeerClient } from './adapters/peer/open-peer.ts';
import type { Lane, Receiving } from './adapters/receiving/lane.ts';
import { hashLengthBytes } from './core/digest/merkle-tree.ts';
import { pieceRange } from './core/digest/piece-length.ts';
import { PieceOfSegments, segmentAt, segmentLengthBytes } from './core/digest/segment.ts';
import { HolderFailure } from './core/download/holder-failure.ts';
import { lanesFor } from './core/download/lanes.ts';
import type { PieceRun } from './core/download/piece-set.ts';
import { nextRequest } from './core/download/split-work.ts';
import { tellingOf } from './core/download/telling-of.ts';
import { CardumeError } from './errors/cardume-error.ts';

/** How much must be missing for more connections over a long path to pay. */
const minBytesOfLanes = 32 * 1024 * 1024;
/** A lane asks for more when so much of what it asked for is still to come, so that it never waits for an answer. */
const aheadBytes = 4 * 1024 * 1024;

/** What a holder is to bring. */
export interface HolderDownload {
  peer: PeerClient;
  part: PartFile;
  /** Opens the first, the second, … connection to the holder that receives; counted from 0. */
  openLane: (index: number) => Lane;
  /** How many of them are of use for the processors' sake. */
  laneCount: number;
  /** Called with how many bytes came; says for how many milliseconds no more may come, when it keeps to a rate. */
  onReceived: (bytes: number) => number;
  isPaced: boolean;
  /** Called with the length of pieces that are verified and written. */
  onVerified: (bytes: number) => void;
  signal: AbortSignal;
}

/**
 * Fetches every piece that is missing from one holder: over several connections where there are several processors to
 * receive on, and where the path is long, since what one of them brings is bounded by what its sender may have under way.
 *
 * @throws HolderFailure when the holder fails, ends early or sends wrong bytes; any other error is of this machine
 */
export async function downloadFromHolder(download: HolderDownload): Promise<void> {
  const fetch = new HolderFetch(download);
  await fetch.run();
}

class HolderFetch {
  readonly #download: HolderDownload;
  readonly #running = new Set<RangeFetch>();
  #laneCount = 1;
  #failure: { error: unknown } | undefined;

  constructor(download: HolderDownload) {
    this.#download = download;
  }

  async run(): Promise<void> {
    const { signal } = this.#download;
    const abort = (): void => this.#fail(signal.reason);
    signal.addEventListener('abort', abort);
    if (signal.aborted) abort();
    try {
      await this.#runLanes();
    } finally {
      signal.removeEventListener('abort', abort);
    }
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  async #runLanes(): Promise<void> {
    const { openLane, laneCount, part } = this.#download;
    const missingBytes = part.manifest.sizeBytes - part.verifiedBytes;
    this.#laneCount = laneCount;
    const lanes: Lane[] = [];
    const running: Promise<void>[] = [];
    const start = (): void => {
      const isFirst = lanes.length === 0;
      const lane = openLane(lanes.length);
      lanes.push(lane);
      running.push(this.#runLane(lane, isFirst));
    };
    try {
      while (lanes.length < this.#laneCount) start();
      const wanted = missingBytes < minBytesOfLanes ? 1 : lanesFor(await lanes[0]?.roundTripMs());
      this.#laneCount = Math.max(this.#laneCount, wanted);
      while (lanes.length < this.#laneCount) start();
      await Promise.all(running);
      // What a connection left that was refused after the first one had ended.
      if (lanes[0] !== undefined) await this.#runLane(lanes[0], true);
    } finally {
      for (const lane of lanes) lane.close();
    }
  }

  /** Has a lane fetch one range after the other; the next one begins shortly before one ends. */
  async #runLane(lane: Lane, isFirst: boolean): Promise<void> {
    const ended: Promise<void>[] = [];
    let isRefused = false;
    for (let run = this.#next(); run !== undefined && !isRefused; run = this.#next()) {
      const fetch = new RangeFetch(this.#download, lane, run);
      this.#running.add(fetch);
      const done = fetch
        .run()
        .catch((error: unknown) => {
          // A holder that serves us once need not serve us twice: what this one was to bring, the first one then does.
          isRefused = !isFirst && error instanceof HolderFailure && error.error.reason === 'LIMIT_REACHED';
          if (!isRefused) this.#fail(error);
        })
        .finally(() => this.#running.delete(fetch));
      await Promise.all([Promise.race([fetch.isNearEnd, done]), ended.at(-1)]);
      ended.push(done);
    }
    await Promise.all(ended);
  }

  #next(): PieceRun | undefined {
    if (this.#failure !== undefined) return undefined;
    const { manifest, verified, verifiedBytes } = this.#download.part;
    const isTaken = (piece: number): boolean => [...this.#running].some((fetch) => fetch.includes(piece));
    const takenBytes = [...this.#running].reduce((sum, fetch) => sum + fetch.remainingBytes, 0);
    const untakenBytes = manifest.sizeBytes - verifiedBytes - takenBytes;
    return nextRequest(verified, isTaken, untakenBytes, this.#laneCount, manifest.pieceLengthBytes);
  }

  #fail(error: unknown): void {
    this.#failure ??= { error };
    for (const fetch of this.#running) fetch.cancel();
  }
}

/** One request to a holder: from the first of some missing pieces to the last. */
class RangeFetch {
  readonly #download: HolderDownload;
  readonly #run: PieceRun;
  readonly #lane: Lane;
  readonly #nearEnd = Promise.withResolvers<void>();
  /** The pieces that are coming: the roots of their segments. */
  readonly #pieces = new Map<number, PieceOfSegments>();
  #remainingBytes: number;
  #receiving: Receiving | undefined;
  /** Settles when what is verified so far is noted. */
  #noted: Promise<void> = Promise.resolve();
  #failure: { error: unknown } | undefined;

  constructor(download: HolderDownload, lane: Lane, run: PieceRun) {
    this.#download = download;
    this.#lane = lane;
    this.#run = run;
    const { start, end } = this.#range();
    this.#remainingBytes = end - start;
  }

  /** Whether a piece is one of those that it fetches. */
  includes(piece: number): boolean {
    return piece >= this.#run.first && piece < this.#run.end;
  }

  /** How many bytes are not written yet. */
  get remainingBytes(): number {
    return this.#remainingBytes;
  }

  /** Resolves when little is still to come. */
  get isNearEnd(): Promise<void> {
    return this.#nearEnd.promise;
  }

  cancel(): void {
    this.#receiving?.cancel();
  }

  async run(): Promise<void> {
    const { part, onReceived, isPaced } = this.#download;
    const { digest, sizeBytes, pieceLengthBytes } = part.manifest;
    const { descriptor } = part;
    const isHole = part.touch(this.#run);
    this.#receiving = this.#lane.receiveRange(
      { digest, sizeBytes, pieceLengthBytes, ...this.#range(), descriptor, isHole, ...tellingOf(isPaced) },
      {
        onSegments: (start, roots) => this.#take(start, roots),
        onReceived: (bytes) => {
          const waitMs = onReceived(bytes);
          if (isPaced) this.#receiving?.waitFor(waitMs);
        },
      },
    );
    this.#noteNearEnd();
    try {
      await this.#receiving.ended;
    } catch (error) {
      this.#failure ??= { error };
    }
    await this.#noted;
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  #range(): { start: number; end: number } {
    const { sizeBytes, pieceLengthBytes } = this.#download.part.manifest;
    return {
      start: pieceRange(this.#run.first, sizeBytes, pieceLengthBytes).start,
      end: pieceRange(this.#run.end - 1, sizeBytes, pieceLengthBytes).end,
    };
  }

  #noteNearEnd(): void {
    if (this.#remainingBytes <= aheadBytes) this.#nearEnd.resolve();
  }

  /** Takes the roots of segments; a piece that has all of its own is verified or refused. */
  #take(start: number, roots: Uint8Array): void {
    const { part, peer } = this.#download;
    const { manifest } = part;
    const verified: number[] = [];
    for (let index = 0; index * hashLengthBytes < roots.length; index++) {
      const segment = segmentAt(start + index * segmentLengthBytes, manifest);
      this.#remainingBytes -= segment.lengthBytes;
      const { piece } = segment;
      const gathered = this.#pieces.get(piece) ?? new PieceOfSegments(piece, manifest);
      this.#pieces.set(piece, gathered);
      if (!gathered.add(segment, roots.subarray(index * hashLengthBytes, (index + 1) * hashLengthBytes))) continue;
      this.#pieces.delete(piece);
      if (gathered.isRight) {
        verified.push(piece);
      } else {
        this.#fail(new HolderFailure(wrongBytes(peer, piece, manifest.digest)));
        break;
      }
    }
    if (verified.length > 0) this.#noted = this.#noted.then(() => this.#note(verified));
    this.#noteNearEnd();
  }

  async #note(verified: readonly number[]): Promise<void> {
    try {
      this.#download.onVerified(await this.#download.part.noteVerified(verified));
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    this.#failure ??= { error };
    this.cancel();
  }
}

function wrongBytes(peer: PeerClient, piece: number, digest: string): CardumeError {
  return new CardumeError('BYTES_MISMATCH', `peer ${peer.target} sent wrong bytes for piece ${piece} of ${digest}`, {
    metadata: { peer: peer.target },
  });
}
