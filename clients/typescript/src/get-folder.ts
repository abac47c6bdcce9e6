import { basename, dirname, join, resolve } from 'node:path';
import { checkSpace } from './adapters/disk/check-target.ts';
import { copyVerified } from './adapters/disk/copy-verified.ts';
import { inspectTree, type StandingFile, type TreeState } from './adapters/disk/inspect-tree.ts';
import { allowExecution, makeFolder } from './adapters/disk/make-entry.ts';
import { removeLeftovers } from './adapters/disk/part-file.ts';
import { prepareFolder } from './adapters/disk/prepare-folder.ts';
import { syncFolder } from './adapters/disk/sync-folder.ts';
import type { PeerPool } from './adapters/peer/peer-pool.ts';
import { formatAddress } from './core/address/address.ts';
import { forEachConcurrently } from './core/concurrency/for-each-concurrently.ts';
import { inBatches } from './core/concurrency/in-batches.ts';
import { checkTargetName } from './core/download/check-target-name.ts';
import { defaultHolderWaitMs } from './core/download/holder-patience.ts';
import { type HolderToTry, orderHolders } from './core/download/order-holders.ts';
import { ProgressReporter } from './core/download/progress-reporter.ts';
import { filesChanged, filesMissing } from './core/folder/folder-errors.ts';
import type { FolderFile } from './core/folder/folder-manifest.ts';
import type { FolderContent } from './core/folder/parse-folder-manifest.ts';
import type { DownloadResult, DownloadSource, GetOptions } from './core/model/download.ts';
import { minCopiedBytes } from './core/model/local-copies.ts';
import type { PlacedFile } from './core/model/part-sharer.ts';
import type { Hit, Holder } from './core/model/search.ts';
import { lastPart } from './core/names/last-part.ts';
import type { ReceiveLimit } from './core/rate/receive-limit.ts';
import { maxSmallFileBytes, type SmallFile } from './download-small-files.ts';
import { CardumeError } from './errors/cardume-error.ts';
import { cardumeErrorFrom } from './errors/from-unknown.ts';
import { fetchFolderManifest } from './fetch-folder-manifest.ts';
import type { FoundAtIndex } from './find-many-at-index.ts';
import { digestsPerLookup, type FellowReceivers, getSmallFolderFiles } from './get-small-folder-files.ts';
import { noteFinished } from './note-copies.ts';
import { CopySearch } from './search-copies.ts';

const copiesAtOnce = 4;
const syncsAtOnce = 16;
/** When so many files in a row cannot be had, the rest is not tried. */
const maxFailuresInRow = 5;
// Progress is told also when nothing comes, so that a rate can fall to zero before somebody's eyes.
const progressTickMs = 500;

/** What the download of a folder works with. */
export interface GetFolderComponents {
  peers: PeerPool;
  limit: ReceiveLimit | undefined;
  /** The holders of the folder, of a size that is said of its manifest, best first: those that there are now. */
  holders: (variant: Hit) => Promise<readonly HolderToTry[]>;
  /** Somebody served a wrong manifest. */
  onLiar: (holder: HolderToTry) => void;
  /** Finds who has the contents of some digests, besides the folder's holders. */
  find: (digests: readonly string[]) => Promise<readonly (FoundAtIndex | undefined)[]>;
  /** What is in it, where that is known and proven. Default: it is fetched. */
  content?: FolderContent | undefined;
  /** Those who receive the same at the same time. Default: there are none. */
  receivers?: FellowReceivers | undefined;
  /** A small file is there as it is to be; again when its mode has changed. */
  onPlaced?: ((file: PlacedFile) => void) | undefined;
  /** Downloads a file the long way: whatever its size, from whoever has it. */
  download: (hit: Hit, options: GetOptions) => Promise<DownloadResult>;
}

/**
 * Downloads a folder: its manifest, which is proven and checked before anything is written, and then the files that are not
 * there already. Small ones come many in a request, from all of the folder's holders; large ones one after the other;
 * what is in it several times comes once. What is in place survives any end of this process, and is not fetched again.
 *
 * @param variants the folder, once for each size that is said of its manifest
 * @throws CardumeError FOLDER_REFUSED, TARGET_EXISTS, before anything is written; NO_HOLDER_LEFT when files could not be
 *   had, after all others were; DISK_FULL, LOCAL_IO_FAILED, CANCELLED
 */
export async function getFolder(
  variants: readonly [Hit, ...Hit[]],
  options: GetOptions,
  components: GetFolderComponents,
): Promise<DownloadResult> {
  const download = new FolderDownload(variants, options, components);
  try {
    return await download.run();
  } catch (error) {
    if (download.progressFailure !== undefined) throw download.progressFailure.error;
    if (options.signal?.aborted === true) {
      throw new CardumeError('CANCELLED', `the download of ${download.name}/ was cancelled`, { cause: error });
    }
    throw cardumeErrorFrom(error, `writing ${download.name}/`);
  }
}

/** One run of it: it owns the figures. */
class FolderDownload {
  readonly name: string;
  /** What the caller's own progress function threw. */
  progressFailure: { error: unknown } | undefined;
  readonly #variants: readonly [Hit, ...Hit[]];
  readonly #options: GetOptions;
  readonly #components: GetFolderComponents;
  readonly #abort = new AbortController();
  readonly #signal: AbortSignal;
  readonly #startMs = performance.now();
  readonly #sources = new Map<string, DownloadSource>();
  readonly #failures: { name: string; error: CardumeError }[] = [];
  readonly #counts = { fileCount: 0, unchangedCount: 0, copiedCount: 0, fetchedCount: 0 };
  #progress!: ProgressReporter;
  #content: FolderContent = { files: [], folders: [], fileCount: 0, totalSizeBytes: 0 };
  #path = '';
  /** How many bytes of files are there as they are to be. */
  #doneBytes = 0;
  #resumedBytes = 0;
  #copiedBytes = 0;
  #failuresInRow = 0;

  constructor(variants: readonly [Hit, ...Hit[]], options: GetOptions, components: GetFolderComponents) {
    const { name = lastPart(variants[0].name), signal } = options;
    this.name = name;
    this.#variants = variants;
    this.#options = options;
    this.#components = components;
    this.#signal = signal === undefined ? this.#abort.signal : AbortSignal.any([signal, this.#abort.signal]);
  }

  async run(): Promise<DownloadResult> {
    const signal = this.#signal;
    const { folder = '.', overwrite = false } = this.#options;
    checkTargetName(this.name);
    this.#progress = this.#newProgress();
    this.#content = this.#components.content ?? (await this.#fetchManifest());
    const { totalSizeBytes, fileCount } = this.#content;
    this.#counts.fileCount = fileCount;
    this.#path = join(resolve(folder), this.name);
    this.#progress.update({ sizeBytes: totalSizeBytes, phase: 'checking' });
    const onHashed = (verifiedBytes: number): void => this.#progress.update({ verifiedBytes });
    const state = await inspectTree(this.#path, this.#content, onHashed, signal);
    if (state.changed.length > 0 && !overwrite)
      throw filesChanged(
        this.#path,
        state.changed.map(({ file }) => file.name),
      );

    const ticker = setInterval(() => this.#progress.tell(), progressTickMs);
    try {
      await this.#make(await prepareFolder(folder, this.name), state);
    } finally {
      clearInterval(ticker);
    }
    if (this.#failures.length > 0)
      throw filesMissing(this.name, this.#variants[0].digest, this.#counts, this.#failures);
    return this.#result();
  }

  /** How large the folder is is not known before its manifest is here. */
  #newProgress(): ProgressReporter {
    const { onProgress } = this.#options;
    const [{ digest }] = this.#variants;
    const tell = (told: Parameters<NonNullable<GetOptions['onProgress']>>[0]): void => {
      try {
        const { fileCount, unchangedCount, copiedCount, fetchedCount } = this.#counts;
        const doneCount = unchangedCount + copiedCount + fetchedCount;
        onProgress?.({ ...told, folder: { fileCount, doneCount } });
      } catch (error) {
        this.progressFailure ??= { error };
        this.#abort.abort();
      }
    };
    return new ProgressReporter({
      ...{ name: `${this.name}/`, digest, sizeBytes: 0 },
      onProgress: onProgress && tell,
      nowMs: () => performance.now(),
    });
  }

  #fetchManifest(): Promise<FolderContent> {
    const { peers, holders, onLiar } = this.#components;
    const { holderWaitMs = defaultHolderWaitMs } = this.#options;
    return fetchFolderManifest({
      variants: this.#variants,
      ...{ peers, holders, onLiar, holderWaitMs },
      onWaiting: () => this.#progress.update({ phase: 'waiting' }),
      signal: this.#signal,
    });
  }

  /** Makes the folder what it is to be. */
  async #make(parent: string, state: TreeState): Promise<void> {
    this.#path = join(parent, this.name);
    await checkSpace(parent, state.neededBytes);
    const { folders } = this.#content;
    for (const folder of ['', ...folders]) await makeFolder(join(this.#path, folder));
    for (const { name } of state.leftovers) {
      const path = join(this.#path, name);
      await removeLeftovers(dirname(path), basename(path));
    }
    for (const { file } of state.unchanged) this.#done(file, 'unchangedCount');
    this.#resumedBytes = this.#doneBytes;
    this.#progress.update({ resumedBytes: this.#resumedBytes });

    const changed = new Set(state.changed.map(({ file }) => file));
    const wanted = [...state.missing, ...changed];
    if (wanted.length > 0) this.#progress.update({ phase: 'downloading', holder: this.#holders()[0] });
    const { first, copies } = this.#deduplicate(wanted, state.unchanged);
    const isSmall = (file: FolderFile): boolean => file.sizeBytes <= maxSmallFileBytes && !changed.has(file);
    const small = await this.#copySmall(first.filter(isSmall));
    const left = await this.#getSmall(small);
    await this.#getLarge([...left, ...first.filter((file) => !isSmall(file))], changed);
    const uncopied: FolderFile[] = [];
    await forEachConcurrently(copies, copiesAtOnce, async ({ file, source }) => {
      const job = { ...this.#targetOf(file), source: join(this.#path, source.name), overwrite: changed.has(file) };
      if (await copyVerified(job, this.#signal)) this.#copied(file);
      else uncopied.push(file);
    });
    await this.#getLarge(uncopied, changed);

    this.#progress.update({ phase: 'finishing' });
    const touched = new Set(wanted.map(({ name }) => dirname(join(this.#path, name))));
    for (const folder of ['', ...folders]) touched.add(dirname(join(this.#path, folder)));
    await this.#allowExecution(wanted, state.unchanged);
    await forEachConcurrently(touched, syncsAtOnce, syncFolder);
    const failed = new Set(this.#failures.map(({ name }) => name));
    const there = wanted.filter(({ name }) => !failed.has(name));
    await noteFinished(
      this.#options.copies,
      there.map(({ digest, sizeBytes, name }) => ({ digest, sizeBytes, path: join(this.#path, name) })),
    );
  }

  /** What is fetched, and what is copied from that, or from what is there. */
  #deduplicate(wanted: readonly FolderFile[], unchanged: readonly StandingFile[]) {
    const sources = new Map(unchanged.map(({ file }) => [file.digest, file]));
    const first: FolderFile[] = [];
    const copies: { file: FolderFile; source: FolderFile }[] = [];
    for (const file of wanted) {
      const source = sources.get(file.digest);
      if (source !== undefined && file.sizeBytes > 0) copies.push({ file, source });
      else {
        first.push(file);
        sources.set(file.digest, file);
      }
    }
    return { first, copies };
  }

  /** @returns those that could not be had so */
  #getSmall(files: readonly FolderFile[]): Promise<FolderFile[]> {
    const { peers, limit, receivers } = this.#components;
    return getSmallFolderFiles(files, {
      ...{ peers, limit, receivers, blocksThread: this.#options.blocksThread ?? false, signal: this.#signal },
      holders: this.#holders(),
      findHolders: (batch) => this.#findHolders(batch),
      targetOf: (file) => this.#targetOf(file),
      onHolder: ({ host, port }) => this.#progress.update({ holder: { host, port } }),
      onReceived: (bytes) => this.#progress.received(bytes),
      onDone: (file, sources) => {
        this.#noteSources(sources);
        this.#done(file, 'fetchedCount');
      },
    });
  }

  /** One after the other, each from all that have it. */
  async #getLarge(files: readonly FolderFile[], changed: ReadonlySet<FolderFile>): Promise<void> {
    for (const batch of inBatches(files, digestsPerLookup)) {
      const found = await this.#findHolders(batch);
      for (const [at, file] of batch.entries()) {
        if (this.#failuresInRow >= maxFailuresInRow) return;
        await this.#getOne(
          file,
          [...this.#variants.flatMap(({ holders }) => holders), ...(found[at] ?? [])],
          changed.has(file),
        );
      }
    }
  }

  async #getOne(file: FolderFile, holders: readonly Holder[], overwrite: boolean): Promise<void> {
    const { digest, sizeBytes } = file;
    const byId = new Map(holders.map((holder) => [`${holder.peerId} ${formatAddress(holder)}`, holder]));
    const all = [...byId.values()];
    const hit: Hit = {
      name: file.name,
      digest,
      sizeBytes,
      modifyTime: undefined,
      holders: all,
      holderCount: all.length,
    };
    const { folder, name } = this.#targetOf(file);
    const receivedBefore = this.#progress.receivedBytes;
    const { from, blocksThread, copies } = this.#options;
    try {
      const result = await this.#components.download(hit, {
        ...{ from, blocksThread, copies, folder, name, overwrite, signal: this.#signal },
        onProgress: ({ phase, holder, sources, verifiedBytes, copiedBytes, receivedBytes }) => {
          if (phase === 'checking') return;
          const now = { verifiedBytes: this.#doneBytes + verifiedBytes, receivedBytes: receivedBefore + receivedBytes };
          this.#progress.update({ holder, sources, ...now, copiedBytes: this.#copiedBytes + copiedBytes });
        },
      });
      this.#noteSources(result.sources);
      this.#resumedBytes += result.resumedBytes;
      this.#copiedBytes += result.copiedBytes;
      this.#progress.update({ receivedBytes: receivedBefore + result.receivedBytes });
      this.#done(file, sizeBytes > 0 && result.copiedBytes === sizeBytes ? 'copiedCount' : 'fetchedCount');
      this.#failuresInRow = 0;
    } catch (thrown) {
      this.#signal.throwIfAborted();
      const error = cardumeErrorFrom(thrown, file.name);
      if (error.reason !== 'NO_HOLDER_LEFT' && error.reason !== 'BYTES_MISMATCH') throw error;
      this.#failures.push({ name: file.name, error });
      this.#failuresInRow += 1;
    }
  }

  /** Who has files, besides the folder's own holders; an index that is away knows of nobody. */
  async #findHolders(files: readonly FolderFile[]): Promise<(readonly Holder[])[]> {
    if (files.length === 0) return [];
    this.#signal.throwIfAborted();
    const found = await this.#components.find(files.map(({ digest }) => digest));
    return files.map(({ digest, sizeBytes }, at) => {
      const each = found[at];
      if (each === undefined || 'reason' in each) return [];
      // A name can look like a digest, and what has it is another file.
      const same = each.filter(
        (hit) => hit.digest === digest && hit.sizeBytes === sizeBytes && hit.folder === undefined,
      );
      return same.flatMap(({ holders }) => holders);
    });
  }

  /**
   * Small files that are elsewhere on this machine.
   *
   * @returns those that are not
   */
  async #copySmall(files: readonly FolderFile[]): Promise<FolderFile[]> {
    const { copies } = this.#options;
    if (copies === undefined) return [...files];
    const left = files.filter(({ sizeBytes }) => sizeBytes < minCopiedBytes);
    const large = files.filter(({ sizeBytes }) => sizeBytes >= minCopiedBytes);
    await forEachConcurrently(large, copiesAtOnce, async (file) => {
      this.#signal.throwIfAborted();
      const { digest, sizeBytes } = file;
      const { folder, name } = this.#targetOf(file);
      if (await new CopySearch({ copies, digest, sizeBytes }).place(folder, name)) this.#copied(file);
      else left.push(file);
    });
    return left;
  }

  #copied(file: FolderFile): void {
    this.#copiedBytes += file.sizeBytes;
    this.#progress.update({ copiedBytes: this.#copiedBytes });
    this.#done(file, 'copiedCount');
  }

  #holders(): HolderToTry[] {
    return orderHolders(this.#variants.flatMap(({ holders }) => holders));
  }

  #targetOf({ digest, sizeBytes, name }: FolderFile): SmallFile {
    const path = join(this.#path, name);
    return { digest, sizeBytes, folder: dirname(path), name: basename(path) };
  }

  #done(file: FolderFile, count: 'unchangedCount' | 'copiedCount' | 'fetchedCount'): void {
    this.#counts[count] += 1;
    this.#doneBytes += file.sizeBytes;
    this.#tellPlaced(file);
    this.#progress.update({ verifiedBytes: this.#doneBytes });
  }

  #tellPlaced({ digest, sizeBytes, name }: FolderFile): void {
    if (sizeBytes === 0 || sizeBytes > maxSmallFileBytes) return;
    this.#components.onPlaced?.({ digest, sizeBytes, folder: this.#path, name });
  }

  #noteSources(sources: readonly DownloadSource[]): void {
    for (const source of sources) {
      const key = formatAddress(source.address);
      const known = this.#sources.get(key);
      this.#sources.set(key, { ...source, verifiedBytes: source.verifiedBytes + (known?.verifiedBytes ?? 0) });
    }
  }

  async #allowExecution(wanted: readonly FolderFile[], unchanged: readonly StandingFile[]): Promise<void> {
    const failed = new Set(this.#failures.map(({ name }) => name));
    const files = [...wanted, ...unchanged.map(({ file }) => file)];
    const executable = files.filter(({ executable: isExecutable, name }) => isExecutable && !failed.has(name));
    await forEachConcurrently(executable, copiesAtOnce, async (file) => {
      await allowExecution(join(this.#path, file.name));
      this.#tellPlaced(file);
    });
  }

  #result(): DownloadResult {
    const [{ digest }] = this.#variants;
    const { copiedCount, fetchedCount } = this.#counts;
    return {
      path: this.#path,
      name: this.name,
      digest,
      sizeBytes: this.#content.totalSizeBytes,
      alreadyPresent: copiedCount + fetchedCount === 0,
      resumedBytes: this.#resumedBytes,
      copiedBytes: this.#copiedBytes,
      receivedBytes: this.#progress.receivedBytes,
      durationMs: performance.now() - this.#startMs,
      sources: [...this.#sources.values()],
      folder: { ...this.#counts },
    };
  }
}
