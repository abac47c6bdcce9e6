import type { PartFile } from './adapters/disk/part-file.ts';
import type { PeerClient } from './adapters/peer/open-peer.ts';
import type { ReceivingCall } from './adapters/peer/peer-session.ts';
import type { SegmentRunner } from './adapters/segments/segment-runner.ts';
import { pieceRange } from './core/digest/piece-length.ts';
import { PieceOfSegments, type Segment, segmentLengthBytes, segmentTreeLength } from './core/digest/segment.ts';
import { lanesFor } from './core/download/lanes.ts';
import type { PieceRun } from './core/download/piece-set.ts';
import { ReceiveGate } from './core/download/receive-gate.ts';
import { SegmentAssembler } from './core/download/segment-assembler.ts';
import type { SharedFile } from './core/model/shared-file.ts';
import { CardumeError } from './errors/cardume-error.ts';
import { cardumeErrorFrom } from './errors/from-unknown.ts';

/** How many segments may wait to be hashed and written before no more is received: 8 MiB of them. */
const waitingSegments = { closeAt: 8, openAt: 4 };
/** How much must be missing for a second connection to pay. */
const minBytesOfLanes = 32 * 1024 * 1024;
/** How much a connection that has nothing more to fetch takes over from another one at the least. */
const minBytesToGive = 4 * 1024 * 1024;

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
  /** After how many bytes that is called. */
  tellBytes: number;
  /** Called with the length of each piece that is verified and written. */
  onVerified: (bytes: number) => void;
  signal: AbortSignal;
}

/**
 * Fetches every piece that is missing from one holder: over one connection, or over several where the path is long, since
 * what one of them brings is bounded by what its sender may have under way.
 *
 * @throws HolderFailure when the holder fails, ends early or sends wrong bytes; any other error is of this machine
 */
export async function downloadFromHolder(download: HolderDownload): Promise<void> {
  const { peer, part, signal } = download;
  const abort = new AbortController();
  const running = new Set<RunDownload>();
  const lanes: Promise<void>[] = [];
  let failure: { error: unknown } | undefined;

  const runLane = async (lane: number): Promise<void> => {
    try {
      for (let run = nextRun(part, running); run !== undefined; run = nextRun(part, running)) {
        const one = new RunDownload({ ...download, signal: AbortSignal.any([signal, abort.signal]) }, run, lane);
        running.add(one);
        try {
          await one.run();
        } finally {
          running.delete(one);
        }
      }
    } catch (error) {
      // A holder that serves us once need not serve us twice: what this one was to bring, the first one then does.
      if (lane > 0 && error instanceof HolderFailure && error.error.reason === 'LIMIT_REACHED') return;
      failure ??= { error };
      abort.abort();
    }
  };
  lanes.push(runLane(0));
  const missingBytes = part.manifest.sizeBytes - part.verifiedBytes;
  const count = missingBytes < minBytesOfLanes ? 1 : lanesFor(await peer.roundTripMs());
  for (let lane = 1; lane < count; lane++) lanes.push(runLane(lane));
  await Promise.all(lanes);
  // What a connection left that was refused after the first one had ended.
  if (failure === undefined) await runLane(0);
  if (failure !== undefined) throw failure.error;
}

/** What is to be fetched next: pieces that nobody fetches, or else the second half of what somebody has still to fetch. */
function nextRun(part: PartFile, running: ReadonlySet<RunDownload>): PieceRun | undefined {
  const free = part.verified.firstMissingRun((piece) => [...running].some((run) => run.includes(piece)));
  if (free !== undefined) return free;
  const [longest] = [...running].toSorted((a, b) => b.remainingBytes - a.remainingBytes);
  return longest?.giveHalf();
}

/** One stream of one holder: from the first of some missing pieces to the last. */
class RunDownload {
  readonly #download: HolderDownload;
  readonly #lane: number;
  readonly #first: number;
  #end: number;
  readonly #assembler: SegmentAssembler;
  readonly #freeBuffers: ArrayBuffer[] = [];
  /** The pieces that are coming: the roots of their segments, and whether the file has nothing there yet. */
  readonly #pieces = new Map<number, { roots: PieceOfSegments; isHole: boolean }>();
  /** The segments that are being hashed and written. */
  readonly #running = new Set<Promise<void>>();
  #call: ReceivingCall | undefined;
  #gate: ReceiveGate | undefined;
  #hasGiven = false;
  #untoldBytes = 0;
  /** The first thing that went wrong: a HolderFailure, or this machine's own. */
  #failure: { error: unknown } | undefined;

  constructor(download: HolderDownload, { first, end }: PieceRun, lane: number) {
    this.#download = download;
    this.#lane = lane;
    this.#first = first;
    this.#end = end;
    this.#assembler = new SegmentAssembler(
      download.part.manifest,
      this.#range(),
      () => this.#freeBuffers.pop() ?? new ArrayBuffer(Math.min(segmentLengthBytes, download.part.manifest.sizeBytes)),
      (segment, buffer) => this.#begin(segment, buffer),
    );
  }

  /** Whether a piece is one of those that it fetches. */
  includes(piece: number): boolean {
    return piece >= this.#first && piece < this.#end;
  }

  /** How many bytes have not come yet. */
  get remainingBytes(): number {
    return this.#range().end - this.#assembler.position;
  }

  /** Leaves the second half of what has not come yet to somebody else; undefined when that would not pay. */
  giveHalf(): PieceRun | undefined {
    const { sizeBytes, pieceLengthBytes } = this.#download.part.manifest;
    if (this.remainingBytes < minBytesToGive * 2) return undefined;
    const middle = this.#assembler.position + this.remainingBytes / 2;
    const given = { first: Math.ceil(middle / pieceLengthBytes), end: this.#end };
    if (given.first >= given.end) return undefined;
    this.#end = given.first;
    this.#hasGiven = true;
    this.#assembler.endAt(pieceRange(given.first, sizeBytes, pieceLengthBytes).start);
    return given;
  }

  #range(): { start: number; end: number } {
    const { sizeBytes, pieceLengthBytes } = this.#download.part.manifest;
    return {
      start: pieceRange(this.#first, sizeBytes, pieceLengthBytes).start,
      end: pieceRange(this.#end - 1, sizeBytes, pieceLengthBytes).end,
    };
  }

  async run(): Promise<void> {
    const { peer, part, signal } = this.#download;
    const { start, end } = this.#range();
    this.#call = peer.receive(
      { digest: part.manifest.digest, offset: start, limit: end - start },
      { onFile: (file) => this.#checkFile(file), onBytes: (bytes) => this.#take(bytes) },
      { signal, lane: this.#lane },
    );
    this.#gate = new ReceiveGate(this.#call, waitingSegments);
    try {
      await this.#call.ended;
      if (!this.#assembler.done) throw new CardumeError('UNREACHABLE', `peer ${peer.target} ended the stream early`);
    } catch (error) {
      // What was given to somebody else may still have been on its way when this had all of its own.
      if (!this.#assembler.done) this.#failure ??= { error: signal.aborted ? error : new HolderFailure(error) };
    } finally {
      this.#gate.end();
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
    const wanted = bytes.subarray(0, this.#assembler.missingBytes);
    if (wanted.length < bytes.length && !this.#hasGiven) {
      throw new CardumeError('BYTES_MISMATCH', 'more bytes came than were asked for');
    }
    this.#assembler.push(wanted);
    this.#untoldBytes += bytes.length;
    if (this.#assembler.done && this.#hasGiven) {
      this.#call?.cancel(new CardumeError('CANCELLED', 'another connection fetches the rest'));
    }
    if (this.#untoldBytes >= this.#download.tellBytes) this.#tell();
  }

  /** Reports what came, and waits when that was too fast. */
  #tell(): void {
    const bytes = this.#untoldBytes;
    this.#untoldBytes = 0;
    if (bytes > 0) this.#gate?.waitFor(this.#download.onReceived(bytes));
  }

  #begin(segment: Segment, buffer: ArrayBuffer): void {
    const running = this.#verify(segment, buffer)
      .catch((error: unknown) => {
        this.#failure ??= { error };
        this.#call?.cancel(new CardumeError('CANCELLED', 'the download failed'));
      })
      .finally(() => {
        this.#running.delete(running);
        this.#gate?.waiting(this.#running.size);
      });
    this.#running.add(running);
    this.#gate?.waiting(this.#running.size);
  }

  /** Hashes and writes a segment; when it is the last of its piece, the piece is verified or refused. */
  async #verify(segment: Segment, buffer: ArrayBuffer): Promise<void> {
    const { part, peer, segments, onVerified } = this.#download;
    const { lengthBytes, piece, start: position } = segment;
    const treeBytes = segmentTreeLength(part.manifest);
    const { descriptor } = part;
    const gathering = this.#pieces.get(piece) ?? {
      roots: new PieceOfSegments(piece, part.manifest),
      isHole: part.touch(piece),
    };
    this.#pieces.set(piece, gathering);
    const { roots, isHole } = gathering;
    const done = await segments.run({ buffer, lengthBytes, treeBytes, descriptor, position, isHole });
    this.#freeBuffers.push(done.buffer);
    if (!roots.add(segment, done.root)) return;
    this.#pieces.delete(piece);
    if (!roots.isRight) {
      throw new HolderFailure(mismatch(peer, `sent wrong bytes for piece ${piece} of ${part.manifest.digest}`));
    }
    onVerified(await part.noteVerified(piece));
  }
}

function mismatch(peer: PeerClient, what: string): CardumeError {
  return new CardumeError('BYTES_MISMATCH', `peer ${peer.target} ${what}`, { metadata: { peer: peer.target } });
}
