import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import type { PeerPool } from './adapters/peer/peer-pool.ts';
import type { ReceivingCall } from './adapters/peer/peer-session.ts';
import type { FilesSink } from './adapters/peer/receive-files.ts';
import type { SegmentWorkers } from './adapters/segments/segment-workers.ts';
import type { Address } from './core/address/address.ts';
import { segmentLengthBytes } from './core/digest/segment.ts';
import type { HolderToTry } from './core/download/order-holders.ts';
import { partNames } from './core/download/part-names.ts';
import { ReceiveGate } from './core/download/receive-gate.ts';
import type { DownloadResult } from './core/model/download.ts';
import { CardumeError } from './errors/cardume-error.ts';

/** The largest file that is fetched whole before anything of it is written, in bytes. */
export const maxSmallFileBytes = segmentLengthBytes;

/** How many files may wait to be written before no more is received. */
const waitingFiles = { closeAt: 32, openAt: 16 };

/** A small file, and where it is to be. */
export interface SmallFile {
  digest: string;
  /** 1 to {@link maxSmallFileBytes}; as it is said. */
  sizeBytes: number;
  /** The absolute path of a folder that is there. */
  folder: string;
  /** One safe part. */
  name: string;
}

/** What many small downloads share. */
export interface SmallDownloads {
  peers: PeerPool;
  workers: SegmentWorkers;
  /** Buffers of {@link maxSmallFileBytes} that nobody uses. */
  freeBuffers: ArrayBuffer[];
  /** Called with how many bytes came; says for how many milliseconds no more may come. */
  onReceived: (bytes: number) => number;
  signal: AbortSignal;
}

/**
 * Downloads small files from one holder the short way: one request for all of them, each verified in memory by a thread that
 * then writes and names it.
 *
 * @param files up to 1,000 of them
 * @returns the results of those that are there now, by their index. The others were not to be had so: something stands under
 *   the name, or the holder failed. Nothing of them is left, and `downloadFile`, which can do all that this cannot, is to be
 *   asked
 * @throws CardumeError CANCELLED; an error of the operating system
 */
export async function downloadSmallFiles(
  files: readonly SmallFile[],
  holder: HolderToTry,
  shared: SmallDownloads,
): Promise<ReadonlyMap<number, DownloadResult>> {
  // A look at one name is done before another thread could be asked for it.
  const wanted = [...files.entries()].filter(
    ([, { folder, name }]) => lstatSync(join(folder, name), { throwIfNoEntry: false }) === undefined,
  );
  if (wanted.length === 0) return new Map();
  return shared.peers.use(holder, async (peer) => {
    const run = new SmallRun(wanted, holder, shared);
    const digests = wanted.map(([, { digest }]) => digest);
    const { signal } = shared;
    const call = peer.receiveFiles(digests, run, { signal });
    return run.follow(call);
  });
}

/** One stream of several files. */
class SmallRun implements FilesSink {
  readonly #wanted: readonly (readonly [number, SmallFile])[];
  readonly #address: Address;
  readonly #holder: HolderToTry;
  readonly #shared: SmallDownloads;
  readonly #results = new Map<number, DownloadResult>();
  readonly #placing = new Set<Promise<void>>();
  #next = 0;
  /** The file whose bytes are coming; undefined also for one that is not the one that was asked for. */
  #current: { index: number; file: SmallFile; bytes: Buffer; cameBytes: number; startMs: number } | undefined;
  #call: ReceivingCall | undefined;
  #gate: ReceiveGate | undefined;
  /** What went wrong on this machine, first of all. */
  #failure: { error: unknown } | undefined;

  constructor(wanted: readonly (readonly [number, SmallFile])[], holder: HolderToTry, shared: SmallDownloads) {
    this.#wanted = wanted;
    this.#holder = holder;
    this.#address = { host: holder.host, port: holder.port };
    this.#shared = shared;
  }

  onFile({ digest, sizeBytes }: { digest: string; sizeBytes: number }): void {
    const { index, file } = this.#takeNext(digest);
    if (sizeBytes !== file.sizeBytes) throw new CardumeError('BYTES_MISMATCH', 'a file has another size than was said');
    const buffer = this.#shared.freeBuffers.pop() ?? new ArrayBuffer(maxSmallFileBytes);
    const bytes = Buffer.from(buffer, 0, sizeBytes);
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
    this.#gate?.waitFor(this.#shared.onReceived(bytes.length));
    if (current.cameBytes === current.bytes.length) {
      this.#current = undefined;
      this.#begin(current);
    }
  }

  /** Waits for all that the call brings to be written. */
  async follow(call: ReceivingCall): Promise<ReadonlyMap<number, DownloadResult>> {
    this.#call = call;
    this.#gate = new ReceiveGate(call, waitingFiles);
    try {
      await call.ended;
    } catch (error) {
      // Who failed, and why, is found out the long way.
      if (this.#shared.signal.aborted || !CardumeError.is(error)) this.#failure ??= { error };
    } finally {
      this.#gate.end();
    }
    while (this.#placing.size > 0) await Promise.all(this.#placing);
    if (this.#failure !== undefined) throw this.#failure.error;
    return this.#results;
  }

  /** The files come in the order in which they were asked for. */
  #takeNext(digest: string): { index: number; file: SmallFile } {
    const [index, file] = this.#wanted[this.#next] ?? [];
    this.#next += 1;
    if (this.#current !== undefined || index === undefined || file?.digest !== digest) {
      throw new CardumeError('BYTES_MISMATCH', 'another file came than was asked for');
    }
    return { index, file };
  }

  #begin({ index, file, bytes, startMs }: { index: number; file: SmallFile; bytes: Buffer; startMs: number }): void {
    const placing = this.#place(index, file, bytes.buffer as ArrayBuffer, startMs)
      .catch((error: unknown) => {
        this.#failure ??= { error };
        this.#call?.cancel(new CardumeError('CANCELLED', 'the download failed'));
      })
      .finally(() => {
        this.#placing.delete(placing);
        this.#gate?.waiting(this.#placing.size);
      });
    this.#placing.add(placing);
    this.#gate?.waiting(this.#placing.size);
  }

  async #place(index: number, file: SmallFile, buffer: ArrayBuffer, startMs: number): Promise<void> {
    const { digest, sizeBytes, folder, name } = file;
    const path = join(folder, name);
    const partPath = join(folder, partNames(name).part);
    const placed = await this.#shared.workers.place({ buffer, lengthBytes: sizeBytes, digest, path, partPath });
    this.#shared.freeBuffers.push(placed.buffer);
    if (placed.outcome !== 'placed') return;
    this.#results.set(index, {
      path,
      name,
      digest,
      sizeBytes,
      alreadyPresent: false,
      resumedBytes: 0,
      receivedBytes: sizeBytes,
      durationMs: performance.now() - startMs,
      sources: [{ peerId: this.#holder.peerId, address: this.#address, verifiedBytes: sizeBytes, failure: undefined }],
    });
  }
}
