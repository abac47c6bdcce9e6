import { setImmediate as nextTurn } from 'node:timers/promises';
import { messageOf, printable } from '@cardume/client';
import type { Logger } from '@cardume/service-kit';
import type { DigestCache } from './adapters/digest-cache.ts';
import { hasVanished } from './adapters/has-vanished.ts';
import type { HashPool } from './adapters/hash-pool.ts';
import { restatFile } from './adapters/restat-file.ts';
import { createFolderWatcher, type FolderWatcher } from './adapters/watch-folders.ts';
import { changeReportDelayMs, hintDelayMs, maxRescanRestMs, rescanRestFactor } from './core/limits.ts';
import type { PeerEvent } from './core/peer-event.ts';
import type { ScannedFile, ScanResult } from './core/scanned-file.ts';
import type { ShareEntry, ShareList } from './core/share-list.ts';
import { FirstPass } from './first-pass.ts';
import { FileHasher } from './hash-files.ts';
import { inSlices } from './in-slices.ts';
import { pause } from './pause.ts';
import { SkipReporter } from './report-skips.ts';

export interface ShareFollowerInit {
  scan: (onFound: (path: string, identity: string) => void, signal: AbortSignal) => Promise<ScanResult>;
  /** The real paths that are shared. */
  rootPaths: readonly string[];
  list: ShareList;
  cache: DigestCache;
  pool: HashPool;
  rescanIntervalMs: number;
  /** A clock in milliseconds that is never set back. */
  nowMs: () => number;
  /** The time of day in milliseconds since 1970, to compare with those of files. */
  wallClockMs: () => number;
  logger: Logger;
  onEvent: (event: PeerEvent) => void;
  /** Called with each name that is on the list now and was not, or the other way round. */
  onChanged: (name: string) => void;
  /** Called with each file that is on the list now and was not. */
  onShared?: (entry: ShareEntry) => void;
  /** Called after each scan with what stands before the names in each folder. */
  onScanned?: (folders: ReadonlySet<string>) => void;
}

/** How many files are looked up in the cache before others get the event loop for a moment. */
const lookupsPerTurn = 500;

/**
 * Keeps the list of shared files as the disk is: scans, lets the hasher hash what is new, watches, and scans again.
 *
 * Hints of the watcher and the passing of time both lead to the same scan, and only the scan decides: a hint that is
 * lost or wrong costs time, never truth.
 */
export class ShareFollower {
  readonly #init: ShareFollowerInit;
  readonly #hasher: FileHasher;
  readonly #skips: SkipReporter;
  readonly #stop = new AbortController();
  #hint = Promise.withResolvers<void>();
  readonly #firstPass = new FirstPass();
  #running: Promise<void> | undefined;
  #added = 0;
  #removed = 0;
  #changeTimer: NodeJS.Timeout | undefined;

  constructor(init: ShareFollowerInit) {
    const { pool, nowMs, wallClockMs, logger, onEvent, cache } = init;
    this.#init = init;
    this.#skips = new SkipReporter(logger, onEvent);
    this.#hasher = new FileHasher({
      pool,
      cache,
      restat: restatFile,
      nowMs,
      wallClockMs,
      logger,
      onEvent,
      onHashed: (file, digest) => {
        this.#share(file, digest);
        this.#firstPass.done(file.name);
      },
      onRefused: (file, problem) => {
        this.#skips.refused({ path: printable(file.path), problem });
        this.#firstPass.done(file.name);
      },
      onPutOff: (name) => this.#firstPass.done(name),
    });
  }

  /**
   * Begins. Resolves when every file that was there has been hashed, but for those that are being written to.
   *
   * @throws what made the first scan fail as a whole
   */
  async start(): Promise<void> {
    this.#running = this.#run();
    await this.#firstPass.over;
    this.#resetChanges();
  }

  /** Whether files are being hashed, or written to, so that more of the list will soon change. */
  get isBusy(): boolean {
    return this.#hasher.isBusy;
  }

  /** Says that a shared file is not on the disk as it was hashed: it is shared no longer, and looked at again. */
  noteChanged(entry: ShareEntry): void {
    if (this.#init.list.get(entry.name) === entry) this.#unshare(entry.name);
    this.#hint.resolve();
  }

  async close(): Promise<void> {
    this.#stop.abort();
    this.#resetChanges();
    await this.#hasher.close();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { logger, nowMs, rescanIntervalMs } = this.#init;
    const { signal } = this.#stop;
    const watcher = createFolderWatcher({
      onHint: () => this.#hint.resolve(),
      onFailure: (problem) =>
        logger.warn({ problem }, 'cannot watch every folder; changes there are found by scanning'),
    });
    let retryAtMs = nowMs() + rescanIntervalMs;
    while (!signal.aborted) {
      this.#hint = Promise.withResolvers();
      const startMs = nowMs();
      await this.#scan(watcher);
      // Hints alone may bring every scan, so the time is looked at and not what brought this one.
      if (startMs >= retryAtMs) {
        this.#hasher.retryRefused();
        retryAtMs = startMs + rescanIntervalMs;
      }
      await this.#waitForReason((nowMs() - startMs) * rescanRestFactor);
    }
    watcher.close();
  }

  async #scan(watcher: FolderWatcher): Promise<void> {
    const { signal } = this.#stop;
    try {
      const result = await this.#init.scan(watcher.watch, signal);
      watcher.forgetOthers();
      await this.#apply(result);
    } catch (error) {
      if (signal.aborted) return;
      this.#firstPass.fail(error);
      this.#init.logger.error({ error: messageOf(error) }, 'scanning failed; it is tried again');
    }
  }

  async #waitForReason(restMs: number): Promise<void> {
    const { signal } = this.#stop;
    const over = new AbortController();
    const interval = pause(this.#init.rescanIntervalMs, AbortSignal.any([signal, over.signal]));
    await Promise.race([this.#hint.promise, interval]);
    over.abort();
    await pause(Math.max(hintDelayMs, Math.min(restMs, maxRescanRestMs)), signal);
  }

  async #apply(result: ScanResult): Promise<void> {
    const { list } = this.#init;
    this.#skips.scanned(result);
    this.#init.onScanned?.(result.folders);
    const knownNames = [...list.names(), ...this.#hasher.names()];
    for await (const slice of inSlices(knownNames, lookupsPerTurn)) {
      for (const name of slice) if (!result.files.has(name)) this.#forget(name);
    }
    for await (const slice of inSlices(result.files.values(), lookupsPerTurn)) {
      if (this.#stop.signal.aborted) return;
      for (const file of slice) this.#look(file);
    }
    if (this.#firstPass.scanned) return;
    // Whoever shows progress is told that there is none to wait for.
    if (!this.#firstPass.waits) this.#hasher.report();
    this.#firstPass.endScan();
    await this.#forgetVanished(result);
  }

  /** Looks at a file as the disk has it: it may be as it was. */
  #look(file: ScannedFile): void {
    const { list, cache } = this.#init;
    const { name, stamp } = file;
    if ((list.get(name)?.stamp ?? this.#hasher.stamp(name)) === stamp) return;
    this.#unshare(name);
    const digest = cache.find(file);
    if (digest === undefined) this.#hash(file);
    else this.#share(file, digest);
  }

  /** Forgets what was hashed of files that are gone. Once in a run is enough: it costs only room. */
  async #forgetVanished({ files }: ScanResult): Promise<void> {
    const { cache, rootPaths } = this.#init;
    const found = new Set<string>();
    for await (const slice of inSlices(files.values(), lookupsPerTurn)) for (const { path } of slice) found.add(path);
    const isOurs = (path: string): boolean => rootPaths.some((root) => path === root || path.startsWith(`${root}/`));
    let last: string | undefined = '';
    while (last !== undefined && !this.#stop.signal.aborted) {
      const known = cache.filesAfter(last, lookupsPerTurn);
      last = known.at(-1)?.path;
      const missing = known.filter(({ path }) => isOurs(path) && !found.has(path));
      const vanished = await Promise.all(missing.map(hasVanished));
      if (!this.#stop.signal.aborted) cache.forget(missing.filter((_, at) => vanished[at]).map(({ path }) => path));
      await nextTurn();
    }
  }

  #hash(file: ScannedFile): void {
    this.#firstPass.waitFor(file.name);
    this.#hasher.put(file);
  }

  #forget(name: string): void {
    this.#hasher.drop(name);
    this.#unshare(name);
  }

  #share({ name, path, sizeBytes, modifyTimeMs, stamp, executable }: ScannedFile, digest: string): void {
    const entry: ShareEntry = { name, path, sizeBytes, modifyTimeMs, stamp, digest, executable };
    this.#init.list.put(entry);
    this.#init.onShared?.(entry);
    this.#added += 1;
    this.#noteChange(name);
  }

  #unshare(name: string): void {
    if (!this.#init.list.remove(name)) return;
    this.#removed += 1;
    this.#noteChange(name);
  }

  #noteChange(name: string): void {
    this.#init.onChanged(name);
    // What the first pass finds is no change.
    if (this.#firstPass.ended) this.#changeTimer ??= setTimeout(() => this.#reportChanges(), changeReportDelayMs);
  }

  #reportChanges(): void {
    const change = { added: this.#added, removed: this.#removed, fileCount: this.#init.list.size };
    this.#resetChanges();
    this.#init.onEvent({ type: 'list-changed', ...change });
    this.#init.logger.info(change, 'list changed');
  }

  #resetChanges(): void {
    clearTimeout(this.#changeTimer);
    this.#changeTimer = undefined;
    this.#added = 0;
    this.#removed = 0;
  }
}
