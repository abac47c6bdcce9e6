import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  CardumeError,
  DigestBuilder,
  type FolderSummary,
  type Manifest,
  printable,
  usualPieceLength,
} from '@cardume/client';
import { maxFolderManifestBytes, parentsOf } from '@cardume/client/folders';
import type { Logger } from '@cardume/service-kit';
import { compareText } from './core/compare-text.ts';
import { FolderContent } from './core/folder-content.ts';
import { FolderDocuments } from './core/folder-documents.ts';
import {
  folderDelayMs,
  maxFolderDepth,
  maxFolderWaitMs,
  maxListedFolders,
  maxRescanRestMs,
  rescanRestFactor,
} from './core/limits.ts';
import type { OpenFile } from './core/open-file.ts';
import type { PeerEvent } from './core/peer-event.ts';
import type { ShareEntry, ShareList } from './core/share-list.ts';

export interface FolderSharerInit {
  /** The files that are shared. */
  files: ShareList;
  /** The folders that are shared as one thing; this fills it. */
  folders: ShareList;
  /** The name of a folder, by what stands before the names in it; undefined when it has none. */
  nameOf: (prefix: string) => string | undefined;
  /** Whether files are being hashed, so that folders will soon change again. */
  isBusy: () => boolean;
  /** A clock in milliseconds that is never set back. */
  nowMs: () => number;
  logger: Logger;
  onEvent: (event: PeerEvent) => void;
  /** Called with each name of a folder that is on the list now and was not, or the other way round, or has changed. */
  onChanged: (name: string) => void;
}

/** What a folder has in it, hashed. */
interface Hashed extends FolderSummary {
  manifest: Manifest;
  modifyTimeMs: number | undefined;
}

/**
 * Shares folders as one thing each: keeps the manifest's digest of every folder as its files are, and makes the manifest
 * itself when somebody asks for it.
 *
 * A file that changes changes all folders that it is in, so changes gather: while files are being hashed, and for as long as
 * the last time took, four times over. What a folder has in it is what is shared of it.
 */
export class FolderSharer {
  readonly #init: FolderSharerInit;
  readonly #documents = new FolderDocuments();
  /** What stands before the names in each folder, in order. */
  #prefixes: readonly string[] = [];
  #scanned: ReadonlySet<string> = new Set();
  /** Those of them that are shared as one thing. */
  #listed: ReadonlySet<string> = new Set();
  /** Those with changes. Whatever is in it, all that it is in is, too. */
  #changed = new Set<string>();
  readonly #problems = new Map<string, string>();
  #isStarted = false;
  #isClosed = false;
  #timer: NodeJS.Timeout | undefined;
  #pass: Promise<void> | undefined;
  #changedSinceMs = 0;
  #restMs = 0;

  constructor(init: FolderSharerInit) {
    this.#init = init;
  }

  /** Says that a file is on the list now and was not, or the other way round, or has other content. */
  noteFile(name: string): void {
    this.#change(...parentsOf(name));
  }

  /** Says which folders there are. */
  noteScan(prefixes: ReadonlySet<string>): void {
    const others = difference(this.#scanned, prefixes);
    if (others.length === 0) return;
    this.#scanned = prefixes;
    this.#prefixes = [...prefixes].sort(compareText);
    const listed = listedOf(this.#prefixes);
    // One that others make room for, or take it from, changes without a change in it.
    for (const prefix of difference(this.#listed, listed)) this.#changed.add(prefix);
    this.#listed = listed;
    for (const prefix of others) this.#change(prefix.slice(0, -1), ...parentsOf(prefix.slice(0, -1)));
  }

  /** Begins. Resolves when every folder is shared whose files were. */
  async start(): Promise<void> {
    this.#isStarted = true;
    await this.#run();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#pass;
  }

  /** Notes folders with changes by their names without the slash, and the share as a whole. */
  #change(...folders: string[]): void {
    for (const folder of folders) this.#changed.add(folder === '' ? '' : `${folder}/`);
    this.#changed.add('');
    this.#schedule();
  }

  #schedule(): void {
    if (!this.#isStarted || this.#isClosed || this.#timer !== undefined || this.#pass !== undefined) return;
    this.#changedSinceMs ||= this.#init.nowMs();
    this.#timer = setTimeout(() => this.#onTime(), Math.max(folderDelayMs, this.#restMs)).unref();
  }

  #onTime(): void {
    this.#timer = undefined;
    const waitedMs = this.#init.nowMs() - this.#changedSinceMs;
    if (this.#init.isBusy() && waitedMs < maxFolderWaitMs) this.#schedule();
    else void this.#run();
  }

  async #run(): Promise<void> {
    const startMs = this.#init.nowMs();
    this.#changedSinceMs = 0;
    this.#pass = this.#hashChanged();
    await this.#pass;
    this.#pass = undefined;
    this.#restMs = Math.min((this.#init.nowMs() - startMs) * rescanRestFactor, maxRescanRestMs);
    if (this.#changed.size > 0) this.#schedule();
  }

  async #hashChanged(): Promise<void> {
    const changed = this.#changed;
    this.#changed = new Set();
    for (const prefix of changed) {
      if (this.#isClosed) return;
      const name = this.#init.nameOf(prefix);
      if (name === undefined) continue;
      if (!this.#listed.has(prefix)) {
        this.#unshare(name);
        this.#problems.delete(prefix);
        continue;
      }
      const hashed = await this.#hash(prefix);
      if (typeof hashed !== 'string') this.#share(name, prefix, hashed);
      else this.#unshare(name);
      this.#tellProblem(prefix, name, typeof hashed === 'string' ? hashed : undefined);
      await nextTurn();
    }
  }

  /** @returns in words, why it cannot be shared as one thing */
  async #hash(prefix: string): Promise<Hashed | string> {
    const content = this.#contentOf(prefix);
    if (content.problem !== undefined) return content.problem;
    // No manifest is so long that its pieces are longer than those of a small one.
    const builder = new DigestBuilder(usualPieceLength(0));
    let summary: FolderSummary = { fileCount: 0, totalSizeBytes: 0 };
    let modifyTimeMs: number | undefined;
    let sizeBytes = 0;
    for (const part of content.parts()) {
      if (sizeBytes > 0) await nextTurn();
      builder.update(part.bytes);
      sizeBytes += part.bytes.length;
      ({ summary, modifyTimeMs } = part);
    }
    if (sizeBytes > maxFolderManifestBytes) return `its manifest has over ${maxFolderManifestBytes} bytes`;
    if (!Number.isSafeInteger(summary.totalSizeBytes)) return 'its files have more bytes than can be counted';
    return { ...summary, modifyTimeMs, manifest: builder.finish() };
  }

  /** Makes a manifest anew, to be served. */
  async #make(name: string, prefix: string, { digest, sizeBytes }: Manifest): Promise<Buffer> {
    const builder = new DigestBuilder(usualPieceLength(0));
    const bytes: Buffer[] = [];
    let madeBytes = 0;
    for (const part of this.#contentOf(prefix).parts()) {
      if (madeBytes > 0) await nextTurn();
      builder.update(part.bytes);
      bytes.push(part.bytes);
      madeBytes += part.bytes.length;
      if (madeBytes > sizeBytes) break;
    }
    if (builder.finish().digest === digest) return Buffer.concat(bytes);
    const message = `the folder ${printable(name)} has something else in it by now; search the index again`;
    throw new CardumeError('FILE_CHANGED', message, { metadata: { name, digest } });
  }

  #contentOf(prefix: string): FolderContent {
    return new FolderContent({ list: this.#init.files, folders: this.#prefixes }, prefix);
  }

  #share(name: string, prefix: string, { manifest, modifyTimeMs, fileCount, totalSizeBytes }: Hashed): void {
    const { folders, onChanged } = this.#init;
    const { digest, sizeBytes } = manifest;
    if (folders.get(name)?.digest === digest) return;
    const open = (): Promise<OpenFile> =>
      this.#documents.open(digest, sizeBytes, () => this.#make(name, prefix, manifest));
    const folder = { fileCount, totalSizeBytes, manifest, open };
    const entry: ShareEntry = { name, path: '', sizeBytes, stamp: '', digest, modifyTimeMs, folder };
    folders.put(entry);
    onChanged(name);
  }

  #unshare(name: string): void {
    if (this.#init.folders.remove(name)) this.#init.onChanged(name);
  }

  #tellProblem(prefix: string, name: string, problem: string | undefined): void {
    if (problem === this.#problems.get(prefix)) return;
    this.#problems.delete(prefix);
    if (problem === undefined) return;
    this.#problems.set(prefix, problem);
    const told = printable(`cannot be fetched as one thing: ${problem}; its files can, one by one`);
    this.#init.logger.warn({ folder: printable(name), problem }, 'a folder is not shared as one thing');
    this.#init.onEvent({ type: 'skipped', path: printable(`${name}/`), problem: told });
  }
}

/** What is in one of two sets. */
function difference(a: ReadonlySet<string>, b: ReadonlySet<string>): string[] {
  return [...[...a].filter((text) => !b.has(text)), ...[...b].filter((text) => !a.has(text))];
}

/** Those that are shared as one thing: not too deep, and when there are too many, those that are least deep. */
function listedOf(prefixes: readonly string[]): ReadonlySet<string> {
  const shallow = prefixes.map((prefix) => ({ prefix, depth: prefix.split('/').length - 1 }));
  const listed = shallow.filter(({ depth }) => depth <= maxFolderDepth).toSorted((a, b) => a.depth - b.depth);
  return new Set(listed.slice(0, maxListedFolders).map(({ prefix }) => prefix));
}
