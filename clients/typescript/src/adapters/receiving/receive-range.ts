import { hashLengthBytes } from '../../core/digest/merkle-tree.ts';
import { type Segment, segmentLengthBytes, segmentTreeLength } from '../../core/digest/segment.ts';
import { HolderFailure } from '../../core/download/holder-failure.ts';
import { ReceiveGate } from '../../core/download/receive-gate.ts';
import { SegmentAssembler } from '../../core/download/segment-assembler.ts';
import type { SharedFile } from '../../core/model/shared-file.ts';
import { CardumeError } from '../../errors/cardume-error.ts';
import type { ReceivingCall } from '../grpc/receiving-call.ts';
import type { Downloads } from '../peer/open-downloads.ts';
import type { SegmentJob } from '../segments/segment-job.ts';
import type { RangeSink, Receiving } from './lane.ts';
import type { RangeJob } from './range-job.ts';
import { lendSegmentBuffer, takeBackSegmentBuffer } from './segment-buffers.ts';

/** Hashes and writes a segment; at once, or beside what else this thread does. Its buffer is free again when it is done. */
export type RunSegment = (job: SegmentJob) => Uint8Array | Promise<Uint8Array>;

/** How many segments may wait to be hashed and written before no more is received: 8 MiB of them. */
const waitingSegments = { closeAt: 8, openAt: 4 };

/** Who brings the bytes of a range. */
export type RangeHolder = Pick<Downloads, 'receive' | 'target'>;

/** Receives a range in this thread. */
export function receiveRange(holder: RangeHolder, job: RangeJob, sink: RangeSink, runSegment: RunSegment): Receiving {
  const receiver = new RangeReceiver(holder, job, sink, runSegment);
  return {
    ended: receiver.run(),
    waitFor: (waitMs) => receiver.waitFor(waitMs),
    cancel: () => receiver.cancel(),
  };
}

/** One stream of one holder. */
class RangeReceiver {
  readonly #holder: RangeHolder;
  readonly #job: RangeJob;
  readonly #sink: RangeSink;
  readonly #runSegment: RunSegment;
  readonly #assembler: SegmentAssembler;
  readonly #treeBytes: number;
  #waitingCount = 0;
  /** Settles when what has come so far is written and told. */
  #written: Promise<void> | undefined;
  #call: ReceivingCall | undefined;
  #gate: ReceiveGate | undefined;
  #untoldBytes = 0;
  #isCancelled = false;
  /** The first thing that went wrong: a HolderFailure, or this machine's own. */
  #failure: { error: unknown } | undefined;

  constructor(holder: RangeHolder, job: RangeJob, sink: RangeSink, runSegment: RunSegment) {
    this.#holder = holder;
    this.#job = job;
    this.#sink = sink;
    this.#runSegment = runSegment;
    this.#treeBytes = segmentTreeLength(job);
    this.#assembler = new SegmentAssembler(
      job,
      job,
      () => lendSegmentBuffer(job.sizeBytes),
      (segment, buffer) => this.#take(segment, buffer),
    );
  }

  async run(): Promise<void> {
    const { digest, start, end } = this.#job;
    const { target } = this.#holder;
    this.#call = this.#holder.receive(
      { digest, offset: start, limit: end - start },
      { onFile: (file) => this.#checkFile(file), onBytes: (bytes) => this.#takeBytes(bytes) },
    );
    this.#gate = new ReceiveGate(this.#call, waitingSegments);
    if (this.#isCancelled) this.cancel();
    try {
      await this.#call.ended;
      if (!this.#assembler.done) throw new CardumeError('UNREACHABLE', `peer ${target} ended the stream early`);
    } catch (error) {
      this.#failure ??= { error: this.#isCancelled ? error : new HolderFailure(error) };
    } finally {
      this.#gate.end();
    }
    // Also when the holder failed: what came before may be right, and a disk that failed is the weightier error.
    await this.#written;
    this.#tell();
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  waitFor(waitMs: number): void {
    this.#gate?.waitFor(waitMs);
  }

  cancel(): void {
    this.#isCancelled = true;
    this.#call?.cancel(new CardumeError('CANCELLED', 'the download was cancelled'));
  }

  #checkFile({ digest, sizeBytes }: SharedFile): void {
    if (digest === this.#job.digest && sizeBytes === this.#job.sizeBytes) return;
    throw new CardumeError(
      'BYTES_MISMATCH',
      `peer ${this.#holder.target} answered with another file than ${this.#job.digest}`,
      { metadata: { peer: this.#holder.target } },
    );
  }

  #takeBytes(bytes: Uint8Array): void {
    if (this.#failure !== undefined) return;
    if (bytes.length > this.#assembler.missingBytes) {
      throw new CardumeError('BYTES_MISMATCH', 'more bytes came than were asked for');
    }
    this.#assembler.push(bytes);
    this.#untoldBytes += bytes.length;
    if (this.#untoldBytes >= this.#job.tellBytes) this.#tell();
  }

  #tell(): void {
    const bytes = this.#untoldBytes;
    this.#untoldBytes = 0;
    if (bytes === 0) return;
    if (this.#job.isPaced) this.#gate?.hold();
    this.#sink.onReceived(bytes);
  }

  #take(segment: Segment, buffer: ArrayBuffer): void {
    const { lengthBytes, start } = segment;
    const { descriptor, isHole, ringBytes } = this.#job;
    const position = ringBytes === undefined ? start : start % ringBytes;
    const expectedRoot = this.#expectedRoot(start);
    const treeBytes = this.#treeBytes;
    try {
      const root = this.#runSegment({ buffer, lengthBytes, treeBytes, descriptor, position, isHole, expectedRoot });
      if (root instanceof Promise) {
        this.#waitFor(root, start, buffer);
      } else {
        takeBackSegmentBuffer(buffer);
        this.#sink.onSegments(start, root);
      }
    } catch (error) {
      this.#fail(error);
    }
  }

  #expectedRoot(start: number): Uint8Array | undefined {
    const index = (start - this.#job.start) / segmentLengthBytes;
    return this.#job.expectedRoots?.subarray(index * hashLengthBytes, (index + 1) * hashLengthBytes);
  }

  /** They are told in their order, whichever is done first. */
  #waitFor(root: Promise<Uint8Array>, start: number, buffer: ArrayBuffer): void {
    this.#waitingCount += 1;
    const before = this.#written;
    const finish = async (): Promise<void> => {
      try {
        const [done] = await Promise.all([root, before]);
        this.#sink.onSegments(start, done);
      } catch (error) {
        this.#fail(error);
      }
      takeBackSegmentBuffer(buffer);
      this.#waitingCount -= 1;
      this.#gate?.waiting(this.#waitingCount);
    };
    this.#written = finish();
    this.#gate?.waiting(this.#waitingCount);
  }

  #fail(error: unknown): void {
    this.#failure ??= { error };
    this.#call?.cancel(new CardumeError('CANCELLED', 'the download failed'));
  }
}
