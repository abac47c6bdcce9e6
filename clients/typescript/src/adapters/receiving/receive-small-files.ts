import { segmentLengthBytes } from '../../core/digest/segment.ts';
import { HolderFailure } from '../../core/download/holder-failure.ts';
import { ReceiveGate } from '../../core/download/receive-gate.ts';
import { CardumeError } from '../../errors/cardume-error.ts';
import { placeFile } from '../disk/place-file.ts';
import type { ReceivingCall } from '../grpc/receiving-call.ts';
import type { Downloads } from '../peer/open-downloads.ts';
import type { FilesSink } from '../peer/receive-files.ts';
import type { Receiving, SmallFilesSink } from './lane.ts';
import type { SmallFilesJob, SmallFileToPlace } from './small-files-job.ts';

/**
 * Receives small files in this thread, which it blocks while it hashes and writes each.
 *
 * A holder that fails, or sends something else, ends it; what came before counts.
 */
export function receiveSmallFiles(
  holder: Pick<Downloads, 'receiveFiles'>,
  job: SmallFilesJob,
  sink: SmallFilesSink,
): Receiving {
  const run = new SmallFilesReceiver(job, sink);
  const digests = job.files.map(({ digest }) => digest);
  return run.follow(holder.receiveFiles(digests, run));
}

/** One stream of several files. */
class SmallFilesReceiver implements FilesSink {
  readonly #job: SmallFilesJob;
  readonly #sink: SmallFilesSink;
  /** Used for one file after the other. */
  readonly #buffer = new ArrayBuffer(segmentLengthBytes);
  #next = 0;
  /** The file whose bytes are coming; undefined also for one that is not the one that was asked for. */
  #current: { index: number; file: SmallFileToPlace; bytes: Buffer; cameBytes: number; startMs: number } | undefined;
  #call: ReceivingCall | undefined;
  #gate: ReceiveGate | undefined;
  #untoldBytes = 0;
  #isCancelled = false;
  /** What went wrong on this machine, first of all. */
  #failure: { error: unknown } | undefined;

  constructor(job: SmallFilesJob, sink: SmallFilesSink) {
    this.#job = job;
    this.#sink = sink;
  }

  follow(call: ReceivingCall): Receiving {
    this.#call = call;
    // Each file is written before the next one is taken, so that none waits.
    this.#gate = new ReceiveGate(call, { closeAt: Number.POSITIVE_INFINITY, openAt: 0 });
    return {
      ended: this.#end(call),
      waitFor: (waitMs) => this.#gate?.waitFor(waitMs),
      cancel: () => {
        this.#isCancelled = true;
        call.cancel(new CardumeError('CANCELLED', 'the download was cancelled'));
      },
    };
  }

  onFile({ digest, sizeBytes }: { digest: string; sizeBytes: number }): void {
    const { index, file } = this.#takeNext(digest);
    if (sizeBytes !== file.sizeBytes) throw new CardumeError('BYTES_MISMATCH', 'a file has another size than was said');
    const bytes = Buffer.from(this.#buffer, 0, sizeBytes);
    this.#current = { index, file, bytes, cameBytes: 0, startMs: performance.now() };
  }

  onFailure(digest: string): void {
    this.#takeNext(digest);
  }

  onBytes(bytes: Uint8Array): void {
    const current = this.#current;
    if (current === undefined || current.cameBytes + bytes.length > current.bytes.length) {
      throw new CardumeError('BYTES_MISMATCH', 'more bytes came than a file has');
    }
    current.bytes.set(bytes, current.cameBytes);
    current.cameBytes += bytes.length;
    if (current.cameBytes === current.bytes.length) {
      this.#current = undefined;
      this.#place(current);
    }
    this.#untoldBytes += bytes.length;
    if (this.#untoldBytes >= this.#job.tellBytes) this.#tell();
  }

  async #end(call: ReceivingCall): Promise<void> {
    try {
      await call.ended;
    } catch (error) {
      this.#failure ??= { error: this.#isCancelled ? error : new HolderFailure(error) };
    } finally {
      this.#gate?.end();
    }
    this.#tell();
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  /** The files come in the order in which they were asked for. */
  #takeNext(digest: string): { index: number; file: SmallFileToPlace } {
    const index = this.#next;
    const file = this.#job.files[index];
    this.#next += 1;
    if (this.#current !== undefined || file?.digest !== digest) {
      throw new CardumeError('BYTES_MISMATCH', 'another file came than was asked for');
    }
    return { index, file };
  }

  #tell(): void {
    const bytes = this.#untoldBytes;
    this.#untoldBytes = 0;
    if (bytes === 0) return;
    if (this.#job.isPaced) this.#gate?.hold();
    this.#sink.onReceived(bytes);
  }

  #place({ index, file, bytes, startMs }: { index: number; file: SmallFileToPlace; bytes: Buffer; startMs: number }) {
    const { digest, path, partPath } = file;
    try {
      const outcome = placeFile({ bytes, digest, path, partPath });
      this.#sink.onOutcomes([{ index, outcome, durationMs: performance.now() - startMs }]);
    } catch (error) {
      this.#failure ??= { error };
      this.#call?.cancel(new CardumeError('CANCELLED', 'the download failed'));
    }
  }
}
