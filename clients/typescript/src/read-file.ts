import { tmpdir } from 'node:os';
import { RingFile } from './adapters/disk/ring-file.ts';
import type { PeerPool } from './adapters/peer/peer-pool.ts';
import { ReceivePlaces } from './adapters/receiving/receive-places.ts';
import { formatAddress } from './core/address/address.ts';
import { checkDigest } from './core/digest/digest-text.ts';
import type { Manifest } from './core/digest/manifest.ts';
import { maxFileSizeBytes } from './core/digest/piece-length.ts';
import { defaultHolderWaitMs, isUnobtainable } from './core/download/holder-patience.ts';
import { manifestInHand } from './core/download/manifest-in-hand.ts';
import type { HolderToTry } from './core/download/order-holders.ts';
import { ProgressReporter } from './core/download/progress-reporter.ts';
import type { DownloadSource, ReadOptions } from './core/model/download.ts';
import type { Hit } from './core/model/search.ts';
import { printable } from './core/names/printable.ts';
import type { ReceiveLimit } from './core/rate/receive-limit.ts';
import { sourcesNow, sourcesOf } from './download-sources.ts';
import { CardumeError } from './errors/cardume-error.ts';
import { cardumeErrorFrom } from './errors/from-unknown.ts';
import { manifestRounds } from './find-manifest.ts';
import type { HolderRounds } from './holder-rounds.ts';
import { limitReceiving } from './limit-receiving.ts';
import { isNoHolderLeft, noHolderLeft } from './no-holder-left.ts';
import { SwarmDownload } from './swarm-download.ts';

// Progress is told also when nothing comes, so that a rate can fall to zero before somebody's eyes.
const progressTickMs = 500;

/** What to read, and from whom. */
export interface ReadFileInit extends Omit<ReadOptions, 'from' | 'signal'> {
  /** 64 lower-case hex digits. */
  digest: string;
  /** As far as it is known: it is proven by the time that the last piece is. */
  sizeBytes: number;
  /** For messages and figures. */
  name: string;
  /** The holders to try, best first; asked again and again, for new ones appear and old ones go. */
  holders: () => Promise<readonly HolderToTry[]>;
  peers: PeerPool;
  /** Called when a holder has served wrong bytes. */
  onLiar: (holder: HolderToTry, piece: number) => void;
  signal: AbortSignal;
}

/**
 * The bytes of one file in order, each piece as soon as it is verified, from all its holders at once: as `downloadFile`, but
 * what came lies in a {@link RingFile} until it is read. Holders are asked for no more than there is room for. Who reads no
 * further gives everything up.
 *
 * @throws CardumeError DISK_FULL, LOCAL_IO_FAILED, NO_HOLDER_LEFT, CANCELLED
 */
export async function* readFile(init: ReadFileInit): AsyncGenerator<Uint8Array, void, undefined> {
  const reading = new FileReading(init);
  try {
    yield* reading.bytes();
  } catch (error) {
    if (reading.progressFailure !== undefined) throw reading.progressFailure.error;
    if (init.signal.aborted) {
      throw new CardumeError('CANCELLED', `reading ${init.name} was cancelled`, { cause: error });
    }
    throw cardumeErrorFrom(error, `reading ${init.name}`);
  }
}

/**
 * Reads the first of several hits that can be had, as long as nothing was handed on; and no folder.
 *
 * @param variants what was found: see `findAtIndex`
 */
export async function* readFirst(
  [hit, ...others]: readonly [Hit, ...Hit[]],
  read: (hit: Hit, isLast: boolean) => AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  if (hit.folder !== undefined) {
    const text = `${printable(hit.name)}/ is a folder, and only a file can be read in order; name one of its files, or get all of it`;
    throw CardumeError.invalidField('name', text);
  }
  const [next, ...rest] = others;
  let hasBegun = false;
  try {
    for await (const bytes of read(hit, next === undefined)) {
      hasBegun = true;
      yield bytes;
    }
    return;
  } catch (error) {
    if (hasBegun || next === undefined || !CardumeError.is(error) || !isUnobtainable(error.reason)) throw error;
  }
  yield* readFirst([next, ...rest], read);
}

/** One reader of one file: it owns the ring, and what brings pieces into it. */
class FileReading {
  readonly #init: ReadFileInit;
  readonly #progress: ProgressReporter;
  readonly #startMs = performance.now();
  readonly #abort = new AbortController();
  readonly #signal: AbortSignal;
  readonly #limit: ReceiveLimit | undefined;
  /** What the caller's own progress function threw, when it was not called from a step of the download. */
  progressFailure: { error: unknown } | undefined;
  #manifests: HolderRounds<Manifest> | undefined;
  #swarm: SwarmDownload | undefined;
  #handedOnBytes = 0;

  constructor(init: ReadFileInit) {
    const { onProgress, signal } = init;
    this.#init = init;
    this.#signal = AbortSignal.any([signal, this.#abort.signal]);
    this.#limit = limitReceiving(init);
    this.#progress = new ProgressReporter({ ...init, onProgress, nowMs: () => performance.now() });
  }

  async *bytes(): AsyncGenerator<Uint8Array, void, undefined> {
    const { digest, sizeBytes } = this.#init;
    checkDigest(digest, 'digest');
    if (sizeBytes < 0 || sizeBytes > maxFileSizeBytes) {
      throw CardumeError.invalidField('size_bytes', 'must be 0 to 2^44 bytes');
    }
    this.#signal.throwIfAborted();
    this.#progress.update({ phase: 'downloading' });
    const ticker = setInterval(() => this.#tick(), progressTickMs);
    try {
      const manifest = manifestInHand(digest, sizeBytes) ?? (await this.#findManifest());
      yield* this.#piecesOf(manifest);
    } finally {
      clearInterval(ticker);
    }
    this.#init.onDone?.(this.#result());
  }

  async *#piecesOf(manifest: Manifest): AsyncGenerator<Uint8Array, void, undefined> {
    const { blocksThread = false, peers } = this.#init;
    const ring = await RingFile.open(tmpdir(), manifest);
    const places = new ReceivePlaces({
      bytes: manifest.sizeBytes,
      blocksThread,
      laneOptions: (address) => peers.laneOptions(address),
    });
    const swarm = this.#begin(ring, places);
    const fetching = swarm.run().catch((error: unknown) => ring.fail(error));
    try {
      for await (const bytes of ring.read(() => swarm.roomMade())) {
        this.#handedOnBytes += bytes.length;
        yield bytes;
        this.#signal.throwIfAborted();
      }
    } catch (error) {
      throw isNoHolderLeft(error) ? this.#noHolderLeft() : error;
    } finally {
      // Nobody reads any more, or all is read: what still writes to the ring must be over before it is closed.
      this.#abort.abort();
      await fetching;
      places.close();
      await ring.close();
    }
  }

  #begin(ring: RingFile, places: ReceivePlaces): SwarmDownload {
    const { holders, holderWaitMs = defaultHolderWaitMs, peers, onLiar } = this.#init;
    this.#swarm = new SwarmDownload({
      part: ring,
      peers,
      order: 'sequential',
      holders: async () => (await holders()).filter((one) => this.#manifests?.dropped.has(formatAddress(one)) !== true),
      places,
      holderWaitMs,
      isPaced: this.#limit !== undefined,
      onReceived: (bytes, source) => {
        this.#progress.received(bytes);
        return this.#limit?.take(bytes, source, performance.now()) ?? 0;
      },
      onVerified: () => this.#progress.update({ verifiedBytes: ring.verifiedBytes }),
      onLiar,
      onWaiting: (isWaiting) =>
        this.#progress.update({
          phase: isWaiting ? 'waiting' : 'downloading',
          ...sourcesNow(this.#swarm?.holders ?? []),
        }),
      random: Math.random,
      nowMs: () => performance.now(),
      signal: this.#signal,
    });
    return this.#swarm;
  }

  async #findManifest(): Promise<Manifest> {
    const { holderWaitMs = defaultHolderWaitMs } = this.#init;
    const onWaiting = (): void => this.#progress.update({ phase: 'waiting' });
    this.#manifests = manifestRounds({ ...this.#init, holderWaitMs, onWaiting, signal: this.#signal });
    try {
      return await this.#manifests.find();
    } catch (error) {
      throw isNoHolderLeft(error) ? this.#noHolderLeft() : error;
    }
  }

  #tick(): void {
    try {
      this.#progress.update(sourcesNow(this.#swarm?.holders ?? []));
      this.#progress.tell();
    } catch (error) {
      // Thrown out of a timer it would end the whole process; so it ends the reading.
      this.progressFailure = { error };
      this.#abort.abort();
    }
  }

  #noHolderLeft(): CardumeError {
    const { name, sizeBytes, digest } = this.#init;
    const handedOn = this.#handedOnBytes;
    return noHolderLeft({
      name,
      digest,
      sources: this.#sources(),
      rest: `it ends after ${handedOn} of ${sizeBytes} bytes, which are verified; read again, it begins anew`,
      metadata: { handed_on_bytes: String(handedOn) },
    });
  }

  #sources(): DownloadSource[] {
    return sourcesOf(this.#swarm?.holders ?? [], this.#manifests);
  }

  #result() {
    const { name, digest, sizeBytes } = this.#init;
    const { receivedBytes } = this.#progress;
    const durationMs = performance.now() - this.#startMs;
    return { name, digest, sizeBytes, receivedBytes, durationMs, sources: this.#sources() };
  }
}
