import { join } from 'node:path';
import { checkSpace, inspectTarget } from './adapters/disk/check-target.ts';
import { PartFile, removeLeftovers, targetExists } from './adapters/disk/part-file.ts';
import { prepareFolder } from './adapters/disk/prepare-folder.ts';
import { PeerPool } from './adapters/peer/peer-pool.ts';
import { ReceivePlaces } from './adapters/receiving/receive-places.ts';
import { formatAddress } from './core/address/address.ts';
import { checkDigest } from './core/digest/digest-text.ts';
import type { Manifest } from './core/digest/manifest.ts';
import { maxFileSizeBytes } from './core/digest/piece-length.ts';
import { defaultHolderWaitMs } from './core/download/holder-patience.ts';
import { manifestInHand } from './core/download/manifest-in-hand.ts';
import type { HolderToTry } from './core/download/order-holders.ts';
import { ProgressReporter } from './core/download/progress-reporter.ts';
import { windowFor } from './core/download/window.ts';
import type { DownloadProgress, DownloadResult, DownloadSource } from './core/model/download.ts';
import type { LocalCopies } from './core/model/local-copies.ts';
import type { PartSharer } from './core/model/part-sharer.ts';
import type { RateLimit } from './core/rate/rate-schedule.ts';
import type { ReceiveLimit } from './core/rate/receive-limit.ts';
import { sourcesNow, sourcesOf } from './download-sources.ts';
import { CardumeError } from './errors/cardume-error.ts';
import { cardumeErrorFrom } from './errors/from-unknown.ts';
import { manifestRounds } from './find-manifest.ts';
import type { HolderRounds } from './holder-rounds.ts';
import { checkReceiveLimits, highestRateOfSource, limitReceiving } from './limit-receiving.ts';
import { isNoHolderLeft, noHolderLeft } from './no-holder-left.ts';
import { noteFinished, notePart } from './note-copies.ts';
import { CopySearch } from './search-copies.ts';
import { SwarmDownload } from './swarm-download.ts';

// Progress is told also when nothing comes, so that a rate can fall to zero before somebody's eyes.
const progressTickMs = 500;

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
  maxBytesPerSecond?: RateLimit | undefined;
  /** The same of each holder. Default: as many as come. */
  maxBytesPerSecondEach?: RateLimit | undefined;
  /** The limit of several downloads together, in place of both. */
  limit?: ReceiveLimit | undefined;
  /** The connections to peers that several downloads share. Default: its own. */
  peers?: PeerPool | undefined;
  /** For how long it waits for a holder while it has none, in milliseconds. Default: 30,000. */
  holderWaitMs?: number | undefined;
  /** Shares the file with others while it comes. Default: nobody does. */
  sharer?: PartSharer | undefined;
  /** See `GetOptions`. Default: nothing is copied. */
  copies?: LocalCopies | undefined;
  /** The name that its holders have it under. Default: `name`. */
  sharedName?: string | undefined;
  /** Called when a holder has served wrong bytes. */
  onLiar?: ((holder: HolderToTry, piece: number) => void) | undefined;
  /** From 0 to below 1: chooses among pieces that are as good as each other. Default: Math.random. */
  random?: (() => number) | undefined;
  /** See `GetOptions`. Default: false. */
  blocksThread?: boolean | undefined;
  onProgress?: ((progress: DownloadProgress) => void) | undefined;
  signal?: AbortSignal | undefined;
}

/**
 * Downloads one file from all its holders at once, every piece verified before it counts, and gives it its name when it
 * is whole. What is verified survives any end of this process; the next call with the same target goes on from there.
 *
 * What `copies` knows of on this machine is copied first, and verified like the rest; when that is all, nobody is asked.
 *
 * A holder that fails costs what it had under way, and is asked again after a while; one that lied, or has the file no more,
 * is not. One that is slow has its work done by others. Holders that turn up meanwhile are asked, too, also such as have only
 * some of the pieces yet. When there is nobody to ask it waits; for who is merely busy, ten minutes at the most.
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
  #manifests: HolderRounds<Manifest> | undefined;
  readonly #startMs = performance.now();
  readonly #abort = new AbortController();
  readonly #signal: AbortSignal;
  readonly #limit: ReceiveLimit | undefined;
  readonly #peers: PeerPool;
  /** What the caller's own progress function threw, when it was not called from a step of the download. */
  progressFailure: { error: unknown } | undefined;
  #part: PartFile | undefined;
  #places: ReceivePlaces | undefined;
  #swarm: SwarmDownload | undefined;
  #resumedBytes = 0;
  readonly #copySearch: CopySearch;
  #copiedBytes = 0;

  constructor(init: DownloadFileInit) {
    this.#init = init;
    const { copies, digest, sizeBytes } = init;
    this.#copySearch = new CopySearch({ copies, digest, sizeBytes });
    const { signal } = init;
    this.#signal = signal === undefined ? this.#abort.signal : AbortSignal.any([signal, this.#abort.signal]);
    checkReceiveLimits(init);
    this.#limit = init.limit ?? limitReceiving(init);
    this.#peers = init.peers ?? new PeerPool({ windowBytes: windowFor(highestRateOfSource(init)) });
    this.#progress = new ProgressReporter({ ...init, onProgress: init.onProgress, nowMs: () => performance.now() });
  }

  async run(): Promise<DownloadResult> {
    const { digest, sizeBytes, name, overwrite = false } = this.#init;
    const signal = this.#signal;
    checkDigest(digest, 'digest');
    if (sizeBytes < 0 || sizeBytes > maxFileSizeBytes) {
      throw CardumeError.invalidField('size_bytes', 'must be 0 to 2^44 bytes');
    }
    signal.throwIfAborted();
    const folder = await prepareFolder(this.#init.folder, name);
    const path = join(folder, name);
    const onChecked = (verifiedBytes: number): void => this.#progress.update({ verifiedBytes });
    const state = await inspectTarget(path, { digest, sizeBytes }, onChecked, signal);
    if (state === 'same') {
      await removeLeftovers(folder, name);
      await this.#noteFinished(path);
      return this.#result(path, true);
    }
    if (state === 'other' && !overwrite) throw targetExists(path);
    const ticker = setInterval(() => this.#tick(), progressTickMs);
    try {
      const manifest = manifestInHand(digest, sizeBytes) ?? (await this.#copySearch.manifest(onChecked, signal));
      if (manifest !== undefined) await this.#openPart(folder, manifest);
      const part = this.#part ?? (await this.#openPart(folder, await this.#findManifest()));
      await this.#copyPieces(part);
      await this.#fetchPieces(part);
      this.#progress.update({ phase: 'finishing' });
      const isOurs = await this.#finish(path);
      await this.#noteFinished(path);
      if (!isOurs) return this.#result(path, true);
      await this.#init.sharer?.whole(digest, path);
    } finally {
      clearInterval(ticker);
      this.#init.sharer?.end(digest);
      if (this.#init.peers === undefined) this.#peers.close();
      this.#places?.close();
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

  async #findManifest(): Promise<Manifest> {
    const { digest, sizeBytes, holders, holderWaitMs = defaultHolderWaitMs } = this.#init;
    this.#manifests = manifestRounds({
      digest,
      sizeBytes,
      peers: this.#peers,
      holders,
      holderWaitMs,
      onWaiting: () => this.#progress.update({ phase: 'waiting' }),
      signal: this.#signal,
    });
    return this.#orNoHolderLeft(this.#manifests.find());
  }

  /** Takes what this machine has of it. */
  async #copyPieces(part: PartFile): Promise<void> {
    const { digest, sizeBytes, copies } = this.#init;
    if (part.isWhole) return;
    if ((await this.#copySearch.found()).length > 0) this.#progress.update({ phase: 'copying' });
    const onCopied = (): void => {
      const { verifiedBytes } = part;
      this.#progress.update({ verifiedBytes, copiedBytes: verifiedBytes - this.#resumedBytes });
    };
    this.#copiedBytes = await this.#copySearch.copyInto(part, onCopied, this.#signal);
    if (!part.isWhole) await notePart(copies, { digest, sizeBytes, path: part.path });
  }

  async #noteFinished(path: string): Promise<void> {
    const { digest, sizeBytes, copies } = this.#init;
    await noteFinished(copies, [{ digest, sizeBytes, path }], this.#part?.path);
  }

  async #fetchPieces(part: PartFile): Promise<void> {
    const { holders, holderWaitMs = defaultHolderWaitMs, blocksThread = false } = this.#init;
    if (part.isWhole) return;
    this.#progress.update({ phase: 'downloading' });
    const places = new ReceivePlaces({
      bytes: part.manifest.sizeBytes - part.verifiedBytes,
      blocksThread,
      laneOptions: (address) => this.#peers.laneOptions(address),
    });
    this.#places = places;
    const download = new SwarmDownload({
      part,
      peers: this.#peers,
      order: 'rarest',
      holders: async () => (await holders()).filter((one) => this.#isToBeAsked(one)),
      places,
      holderWaitMs,
      isPaced: this.#limit !== undefined,
      onReceived: (bytes, source) => this.#received(bytes, source),
      onVerified: (pieces) => {
        this.#progress.update({ verifiedBytes: part.verifiedBytes });
        this.#init.sharer?.have(part.manifest.digest, pieces);
      },
      onLiar: (holder, piece) => this.#init.onLiar?.(holder, piece),
      onWaiting: (isWaiting) =>
        this.#progress.update({
          phase: isWaiting ? 'waiting' : 'downloading',
          ...sourcesNow(this.#swarm?.holders ?? []),
        }),
      random: this.#init.random ?? Math.random,
      nowMs: () => performance.now(),
      signal: this.#signal,
    });
    this.#swarm = download;
    this.#shareOn(part);
    await this.#orNoHolderLeft(download.run());
  }

  #isToBeAsked(holder: HolderToTry): boolean {
    const { ownAddress: own, ownPeerId } = this.#init.sharer ?? {};
    if (ownPeerId !== undefined && ownPeerId === holder.peerId) return false;
    if (own !== undefined && formatAddress(own) === formatAddress(holder)) return false;
    return holder.mayComeLater === true || this.#manifests?.dropped.has(formatAddress(holder)) !== true;
  }

  #shareOn(part: PartFile): void {
    const { sharer, sharedName, name, digest, sizeBytes } = this.#init;
    const { manifest, path } = part;
    sharer?.begin({ digest, sizeBytes, name: sharedName ?? name, path, manifest, have: [...part.verified] });
  }

  async #orNoHolderLeft<Result>(work: Promise<Result>): Promise<Result> {
    try {
      return await work;
    } catch (error) {
      throw isNoHolderLeft(error) ? this.#noHolderLeft() : error;
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
  #received(bytes: number, source: string): number {
    this.#progress.received(bytes);
    return this.#limit?.take(bytes, source, performance.now()) ?? 0;
  }

  #tick(): void {
    try {
      this.#progress.update(sourcesNow(this.#swarm?.holders ?? []));
      this.#progress.tell();
    } catch (error) {
      // Thrown out of a timer it would end the whole process; so it ends the download.
      this.progressFailure = { error };
      this.#abort.abort();
    }
  }

  #sources(): DownloadSource[] {
    return sourcesOf(this.#swarm?.holders ?? [], this.#manifests);
  }

  #noHolderLeft(): CardumeError {
    const { name, sizeBytes, digest } = this.#init;
    const verifiedBytes = this.#part?.verifiedBytes ?? 0;
    return noHolderLeft({
      name,
      digest,
      sources: this.#sources(),
      rest: `${verifiedBytes} of ${sizeBytes} bytes are verified and kept; the same call goes on from there`,
      metadata: { verified_bytes: String(verifiedBytes) },
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
      copiedBytes: this.#copiedBytes,
      receivedBytes: this.#progress.receivedBytes,
      durationMs: performance.now() - this.#startMs,
      sources: this.#sources(),
    };
  }
}
