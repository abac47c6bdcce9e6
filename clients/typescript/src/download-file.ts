import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { checkSpace, inspectTarget, prepareFolder } from './adapters/disk/check-target.ts';
import { PartFile, removeLeftovers, targetExists } from './adapters/disk/part-file.ts';
import type { PeerClient } from './adapters/peer/open-peer.ts';
import { PeerPool } from './adapters/peer/peer-pool.ts';
import type { Lane } from './adapters/receiving/lane.ts';
import { localLane } from './adapters/receiving/local-lane.ts';
import {
  acquireReceiveThreads,
  type ReceiveThreads,
  receiveThreadCount,
} from './adapters/receiving/receive-threads.ts';
import { formatAddress } from './core/address/address.ts';
import { checkDigest } from './core/digest/digest-text.ts';
import type { Manifest } from './core/digest/manifest.ts';
import { maxFileSizeBytes, usualPieceLength } from './core/digest/piece-length.ts';
import { HolderFailure } from './core/download/holder-failure.ts';
import { isAskedAgainAfter, maxBusyWaitMs, maxIdleRounds, roundDelayMs } from './core/download/holder-rounds.ts';
import { manifestInHand } from './core/download/manifest-in-hand.ts';
import type { HolderToTry } from './core/download/order-holders.ts';
import { ProgressReporter } from './core/download/progress-reporter.ts';
import { checkRate, windowFor } from './core/download/window.ts';
import type { DownloadProgress, DownloadResult, DownloadSource } from './core/model/download.ts';
import { printable } from './core/names/printable.ts';
import { TokenBucket } from './core/rate/token-bucket.ts';
import { downloadFromHolder } from './download-from-holder.ts';
import { CardumeError } from './errors/cardume-error.ts';
import { cardumeErrorFrom } from './errors/from-unknown.ts';

// Progress is told also when nothing comes, so that a rate can fall to zero before somebody's eyes.
const progressTickMs = 500;
// A thread takes 80 ms of a processor to start, in which another one receives 40 MiB.
const threadsPayFromBytes = 64 * 1024 * 1024;

/** What to download, from whom, and where to. */
export interface DownloadFileInit {
  /** 64 lower-case hex digits. */
  digest: string;
  /** As far as it is known: it is proven by the time that the last piece is. */
  sizeBytes: number;
  /** The folder to put it in; made when absent. */
  folder: string;
  /** The file's name there: one safe part. */
  name: string;
  /** The holders to try, best first; asked again before each round, for new ones appear and old ones go. */
  holders: () => Promise<readonly HolderToTry[]>;
  /** Whether to replace other content under the name. Default: false. */
  overwrite?: boolean | undefined;
  /** How many bytes a second may come over the network at the most. Default: as many as come. */
  maxBytesPerSecond?: number | undefined;
  /** The rate of several downloads together, in place of `maxBytesPerSecond`. */
  limit?: TokenBucket | undefined;
  /** The connections to peers that several downloads share. Default: its own. */
  peers?: PeerPool | undefined;
  /** See `GetOptions`. Default: false. */
  blocksThread?: boolean | undefined;
  onProgress?: ((progress: DownloadProgress) => void) | undefined;
  signal?: AbortSignal | undefined;
}

/**
 * Downloads one file from one holder at a time, every piece verified before it counts, and gives it its name when it
 * is whole. What is verified survives any end of this process; the next call with the same target goes on from there.
 *
 * A holder that fails costs the pieces in flight (up to 8 MiB of them and one piece), and the next one goes on. One that lied, or has the file no more, is
 * not asked again. One that is busy is waited for, ten minutes at the most. When three rounds through all holders have
 * brought nothing else, it ends.
 *
 * @throws CardumeError UNSAFE_NAME, TARGET_EXISTS, TARGET_BUSY, DISK_FULL, LOCAL_IO_FAILED, NO_HOLDER_LEFT, CANCELLED
 */
export async function downloadFile(init: DownloadFileInit): Promise<DownloadResult> {
  const download = new FileDownload(init);
  try {
    return await download.run();
  } catch (error) {
    if (download.progressFailure !== undefined) throw download.progressFailure.error;
    if (init.signal?.aborted === true) {
      throw new CardumeError('CANCELLED', `the download of ${init.name} was cancelled`, { cause: error });
    }
    throw cardumeErrorFrom(error, `writing ${init.name}`);
  }
}

/** One run of a download: it owns the part file and the record of who was tried. */
class FileDownload {
  readonly #init: DownloadFileInit;
  readonly #progress: ProgressReporter;
  readonly #sources = new Map<string, DownloadSource>();
  readonly #dropped = new Set<string>();
  readonly #startMs = performance.now();
  readonly #abort = new AbortController();
  readonly #signal: AbortSignal;
  readonly #limit: TokenBucket | undefined;
  readonly #peers: PeerPool;
  /** What the caller's own progress function threw, when it was not called from a step of the download. */
  progressFailure: { error: unknown } | undefined;
  /** How long the busy holders of this round asked to wait; 0 when none is busy. */
  #askedWaitMs = 0;
  #part: PartFile | undefined;
  #threads: ReceiveThreads | undefined;
  #resumedBytes = 0;

  constructor(init: DownloadFileInit) {
    this.#init = init;
    const { signal, maxBytesPerSecond } = init;
    this.#signal = signal === undefined ? this.#abort.signal : AbortSignal.any([signal, this.#abort.signal]);
    this.#limit = init.limit;
    if (maxBytesPerSecond !== undefined) this.#limit ??= new TokenBucket(maxBytesPerSecond, performance.now());
    this.#peers = init.peers ?? new PeerPool({ windowBytes: windowFor(maxBytesPerSecond) });
    this.#progress = new ProgressReporter({ ...init, onProgress: init.onProgress, nowMs: () => performance.now() });
  }

  async run(): Promise<DownloadResult> {
    const { digest, sizeBytes, name, overwrite = false } = this.#init;
    const signal = this.#signal;
    checkDigest(digest, 'digest');
    if (sizeBytes < 0 || sizeBytes > maxFileSizeBytes) {
      throw CardumeError.invalidField('size_bytes', 'must be 0 to 2^44 bytes');
    }
    checkRate(this.#init.maxBytesPerSecond);
    signal.throwIfAborted();
    const folder = await prepareFolder(this.#init.folder, name);
    const path = join(folder, name);
    const onChecked = (verifiedBytes: number): void => this.#progress.update({ verifiedBytes });
    const state = await inspectTarget(path, { digest, sizeBytes }, onChecked, signal);
    if (state === 'same') {
      await removeLeftovers(folder, name);
      return this.#result(path, true);
    }
    if (state === 'other' && !overwrite) throw targetExists(path);
    const ticker = setInterval(() => this.#tick(), progressTickMs);
    try {
      const manifest = manifestInHand(digest, sizeBytes);
      if (manifest !== undefined) await this.#openPart(folder, manifest);
      await this.#runRounds(folder);
      this.#progress.update({ phase: 'finishing' });
      if (!(await this.#finish(path))) return this.#result(path, true);
    } finally {
      clearInterval(ticker);
      if (this.#init.peers === undefined) this.#peers.close();
      this.#threads?.close();
      await this.#part?.close();
    }
    return this.#result(path, false);
  }

  /**
   * Gives the file its name.
   *
   * @returns false when another download of the same content was quicker, and its file stands there
   */
  async #finish(path: string): Promise<boolean> {
    const { digest, sizeBytes, overwrite = false } = this.#init;
    try {
      await this.#part?.finish(overwrite);
      return true;
    } catch (error) {
      if (!CardumeError.is(error) || error.reason !== 'TARGET_EXISTS') throw error;
      const state = await inspectTarget(path, { digest, sizeBytes }, () => undefined, this.#signal);
      if (state !== 'same') throw error;
      await this.#part?.discard();
      return false;
    }
  }

  async #runRounds(folder: string): Promise<void> {
    let lastProgressMs = performance.now();
    for (let idleRounds = 0; !this.#isWhole(); ) {
      const before = this.#part?.verified.size;
      const holders = (await this.#init.holders()).filter((holder) => !this.#dropped.has(formatAddress(holder)));
      if (holders.length === 0) throw this.#noHolderLeft();
      this.#askedWaitMs = 0;
      for (const holder of holders) {
        await this.#useHolder(holder, folder);
        if (this.#isWhole()) return;
      }
      const nowMs = performance.now();
      if (this.#part?.verified.size !== before) {
        idleRounds = 0;
        lastProgressMs = nowMs;
      } else if (this.#askedWaitMs === 0 || nowMs - lastProgressMs > maxBusyWaitMs) {
        idleRounds += 1;
      }
      if (idleRounds >= maxIdleRounds) throw this.#noHolderLeft();
      this.#progress.update({ holder: undefined });
      const delayMs = roundDelayMs(idleRounds, this.#askedWaitMs, Math.random());
      await sleep(delayMs, undefined, { signal: this.#signal });
    }
  }

  #isWhole(): boolean {
    return this.#part !== undefined && this.#part.verified.size === this.#part.verified.pieceCount;
  }

  /** Gets from one holder what it can give. Its own failure is noted, everything else is thrown. */
  async #useHolder({ peerId, host, port }: HolderToTry, folder: string): Promise<void> {
    const signal = this.#signal;
    const address = { host, port };
    const key = formatAddress(address);
    const source = this.#sources.get(key) ?? { peerId, address, verifiedBytes: 0, failure: undefined };
    this.#sources.set(key, source);
    try {
      await this.#peers.use(address, async (peer) => {
        const part = this.#part ?? (await this.#openPart(folder, await this.#fetchManifest(peer)));
        this.#progress.update({ phase: 'downloading', holder: address });
        await downloadFromHolder({
          peer,
          part,
          openLane: (index) => this.#openLane(peer, part, index),
          laneCount: this.#isLittle(part) ? 1 : Math.max(1, receiveThreadCount),
          signal,
          onReceived: (bytes) => this.#received(bytes),
          isPaced: this.#limit !== undefined,
          onVerified: (bytes) => {
            source.verifiedBytes += bytes;
            this.#progress.update({ verifiedBytes: part.verifiedBytes });
          },
        });
      });
      source.failure = undefined;
    } catch (error) {
      if (!(error instanceof HolderFailure) || signal.aborted) throw error;
      const { reason, message, retryDelayMs = 0 } = error.error;
      source.failure = message;
      if (reason === 'LIMIT_REACHED') this.#askedWaitMs = Math.max(this.#askedWaitMs, retryDelayMs);
      if (!isAskedAgainAfter(reason)) this.#dropped.add(key);
    }
  }

  async #fetchManifest(peer: PeerClient): Promise<Manifest> {
    const { digest, sizeBytes } = this.#init;
    const signal = this.#signal;
    try {
      return await peer.manifest(digest, sizeBytes, usualPieceLength(sizeBytes), { signal });
    } catch (error) {
      throw new HolderFailure(error);
    }
  }

  async #openPart(folder: string, manifest: Manifest): Promise<PartFile> {
    const part = await PartFile.open(folder, this.#init.name, manifest);
    this.#part = part;
    await part.recover((verifiedBytes) => this.#progress.update({ verifiedBytes }), this.#signal);
    await checkSpace(folder, manifest.sizeBytes - part.verifiedBytes);
    this.#resumedBytes = part.verifiedBytes;
    this.#progress.update({ resumedBytes: part.verifiedBytes, verifiedBytes: part.verifiedBytes });
    return part;
  }

  /** Counts what came; says for how many milliseconds no more may come. */
  #received(bytes: number): number {
    this.#progress.received(bytes);
    return this.#limit?.take(bytes, performance.now()) ?? 0;
  }

  /** Where bytes are received: in threads, when there is so much to do that starting them pays. */
  #openLane(peer: PeerClient, part: PartFile, index: number): Lane {
    const { blocksThread = false } = this.#init;
    const isHere = receiveThreadCount === 0 || (this.#threads === undefined && (this.#isLittle(part) || blocksThread));
    if (index === 0 && isHere) return localLane(peer, blocksThread);
    this.#threads ??= acquireReceiveThreads();
    return this.#threads.openLane(peer.address, this.#peers.laneOptions);
  }

  #isLittle({ manifest, verifiedBytes }: PartFile): boolean {
    return manifest.sizeBytes - verifiedBytes < threadsPayFromBytes;
  }

  #tick(): void {
    try {
      this.#progress.tell();
    } catch (error) {
      // Thrown out of a timer it would end the whole process; so it ends the download.
      this.progressFailure = { error };
      this.#abort.abort();
    }
  }

  #noHolderLeft(): CardumeError {
    const { name, sizeBytes, digest } = this.#init;
    const verifiedBytes = this.#part?.verifiedBytes ?? 0;
    const tried = [...this.#sources].map(
      ([key, { failure }]) => `  ${key}: ${printable(failure ?? 'gave what it had')}`,
    );
    const what = tried.length === 0 ? 'no live peer has it' : 'none of its holders could give the rest:';
    const kept = `${verifiedBytes} of ${sizeBytes} bytes are verified and kept; the same call goes on from there`;
    return new CardumeError('NO_HOLDER_LEFT', [`${name}: ${what}`, ...tried, kept].join('\n'), {
      metadata: { digest, verified_bytes: String(verifiedBytes) },
    });
  }

  #result(path: string, alreadyPresent: boolean): DownloadResult {
    const { name, digest, sizeBytes } = this.#init;
    return {
      path,
      name,
      digest,
      sizeBytes,
      alreadyPresent,
      resumedBytes: this.#resumedBytes,
      receivedBytes: this.#progress.receivedBytes,
      durationMs: performance.now() - this.#startMs,
      sources: [...this.#sources.values()],
    };
  }
}
