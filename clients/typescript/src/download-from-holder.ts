import type { PartFile } from './adapters/disk/part-file.ts';
import type { PeerClient } from './adapters/peer/open-peer.ts';
import type { ReceivingCall } from './adapters/peer/peer-session.ts';
import type { SegmentRunner } from './adapters/segments/segment-runner.ts';
import { pieceRange } from './core/digest/piece-length.ts';
import { PieceOfSegments, type Segment, segmentLengthBytes, segmentTreeLength } from './core/digest/segment.ts';
import { SegmentAssembler } from './core/download/segment-assembler.ts';
import type { SharedFile } from './core/model/shared-file.ts';
import { CardumeError } from './errors/cardume-error.ts';
import { cardumeErrorFrom } from './errors/from-unknown.ts';

/** How many segments may wait to be hashed and written before no more is received: 8 MiB of them. */
const maxWaitingSegments = 8;
/** … and how few of them let it go on. */
const resumeAtSegments = 4;
/** After how many received bytes they are counted and kept to the rate. */
const tellBytes = 64 * 1024;

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
  segments: SegmentRunner;
  /** Called with how many bytes came; says for how many milliseconds no more may come. */
  onReceived: (bytes: number) => number;
  /** Called with the length of each piece that is verified and written. */
  onVerified: (bytes: number) => void;
  signal: AbortSignal;
}

/**
 * Fetches every piece that is missing from one holder, run by run.
 *
 * @throws HolderFailure when the holder fails, ends early or sends wrong bytes; any other error is of this machine
 */
export async function downloadFromHolder(download: HolderDownload): Promise<void> {
  for (let run = download.part.verified.firstMissingRun(); run; run = download.part.verified.firstMissingRun()) {
    await new RunDownload(download, run.first, run.end).run();
  }
}

/** One stream of one holder: from the first of some missing pieces to the last. */
class RunDownload {
  readonly #download: HolderDownload;
  readonly #range: { start: number; end: number };
  readonly #assembler: SegmentAssembler;
  readonly #freeBuffers: ArrayBuffer[] = [];
  readonly #pieces = new Map<number, PieceOfSegments>();
  /** The segments that are being hashed and written. */
  readonly #running = new Set<Promise<void>>();
  #call: ReceivingCall | undefined;
  #untoldBytes = 0;
  #isPausedForDisk = false;
  #rateTimer: NodeJS.Timeout | undefined;
  /** The first thing that went wrong: a HolderFailure, or this machine's own. */
  #failure: { error: unknown } | undefined;

  constructor(download: HolderDownload, first: number, end: number) {
    const { manifest } = download.part;
    const { sizeBytes, pieceLengthBytes } = manifest;
    this.#download = download;
    this.#range = {
      start: pieceRange(first, sizeBytes, pieceLengthBytes).start,
      end: pieceRange(end - 1, sizeBytes, pieceLengthBytes).end,
    };
    this.#assembler = new SegmentAssembler(
      manifest,
      this.#range,
      () => this.#freeBuffers.pop() ?? new ArrayBuffer(segmentLengthBytes),
      (segment, buffer) => this.#begin(segment, buffer),
    );
  }

  async run(): Promise<void> {
    const { peer, part, signal } = this.#download;
    const { start, end } = this.#range;
    this.#call = peer.receive(
      { digest: part.manifest.digest, offset: start, limit: end - start },
      { onFile: (file) => this.#checkFile(file), onBytes: (bytes) => this.#take(bytes) },
      { signal },
    );
    try {
      await this.#call.ended;
      if (!this.#assembler.done) throw new CardumeError('UNREACHABLE', `peer ${peer.target} ended the stream early`);
    } catch (error) {
      this.#failure ??= { error: signal.aborted ? error : new HolderFailure(error) };
    } finally {
      clearTimeout(this.#rateTimer);
    }
    // Also when the holder failed: what is verified counts, and a disk that failed is the weightier error.
    while (this.#running.size > 0) await Promise.all(this.#running);
    this.#tell();
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  #checkFile({ digest, sizeBytes }: SharedFile): void {
    const { peer, part } = this.#download;
    if (digest === part.manifest.digest && sizeBytes === part.manifest.sizeBytes) return;
    throw mismatch(peer, `answered with another file than ${part.manifest.digest}`);
  }

  #take(bytes: Uint8Array): void {
    try {
      this.#assembler.push(bytes);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw new CardumeError('BYTES_MISMATCH', error.message, { cause: error });
    }
    this.#untoldBytes += bytes.length;
    if (this.#untoldBytes >= tellBytes) this.#tell();
  }

  /** Reports what came, and waits when that was too fast. */
  #tell(): void {
    const bytes = this.#untoldBytes;
    this.#untoldBytes = 0;
    const waitMs = this.#download.onReceived(bytes);
    if (waitMs <= 0 || this.#rateTimer !== undefined) return;
    this.#call?.pause();
    this.#rateTimer = setTimeout(() => {
      this.#rateTimer = undefined;
      this.#resume();
    }, waitMs);
  }

  #begin(segment: Segment, buffer: ArrayBuffer): void {
    const running = this.#verify(segment, buffer)
      .catch((error: unknown) => {
        this.#failure ??= { error };
        this.#call?.cancel(new CardumeError('CANCELLED', 'the download failed'));
      })
      .finally(() => {
        this.#running.delete(running);
        if (this.#isPausedForDisk && this.#running.size <= resumeAtSegments) {
          this.#isPausedForDisk = false;
          this.#resume();
        }
      });
    this.#running.add(running);
    if (this.#running.size >= maxWaitingSegments) {
      this.#isPausedForDisk = true;
      this.#call?.pause();
    }
  }

  /** Hashes and writes a segment; when it is the last of its piece, the piece is verified or refused. */
  async #verify(segment: Segment, buffer: ArrayBuffer): Promise<void> {
    const { part, peer, segments, onVerified } = this.#download;
    const { lengthBytes, piece, start: position } = segment;
    const treeBytes = segmentTreeLength(part.manifest);
    const done = await segments.run({ buffer, lengthBytes, treeBytes, descriptor: part.descriptor, position });
    this.#freeBuffers.push(done.buffer);
    const gathering = this.#pieces.get(piece) ?? new PieceOfSegments(piece, part.manifest);
    this.#pieces.set(piece, gathering);
    if (!gathering.add(segment, done.root)) return;
    this.#pieces.delete(piece);
    if (!gathering.isRight) {
      throw new HolderFailure(mismatch(peer, `sent wrong bytes for piece ${piece} of ${part.manifest.digest}`));
    }
    onVerified(await part.noteVerified(piece));
  }

  #resume(): void {
    if (!this.#isPausedForDisk && this.#rateTimer === undefined) this.#call?.resume();
  }
}

function mismatch(peer: PeerClient, what: string): CardumeError {
  return new CardumeError('BYTES_MISMATCH', `peer ${peer.target} ${what}`, { metadata: { peer: peer.target } });
}
