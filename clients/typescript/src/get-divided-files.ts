import { setTimeout as sleep } from 'node:timers/promises';
import { type AskForSmallFilesInit, askForSmallFiles } from './ask-for-small-files.ts';
import { type Address, formatAddress } from './core/address/address.ts';
import { Wake } from './core/concurrency/wake.ts';
import { isAskedAgainAfter, roundDelayMs } from './core/download/holder-patience.ts';
import type { HolderToTry } from './core/download/order-holders.ts';
import { DividedFiles } from './core/folder/divided-files.ts';
import type { FolderFile } from './core/folder/folder-manifest.ts';
import { OthersPace } from './core/folder/others-pace.ts';
import { ProbeSize, RequestSize } from './core/folder/request-size.ts';

/** How many of those that have all are asked, and by how many requests at once. */
const maxWholeHolders = 4;
const requestsPerWhole = 2;
/** How many other receivers are asked: an offer names as many. */
const maxReceivers = 64;
/** How often it is asked who is there. */
const refreshMs = 2_000;
/** How often it is looked at what changes without a word. */
const tickMs = 100;
/** How long a receiver that did not have all that it was asked for is left alone: at first, and at the most. */
const minRestMs = 50;
const maxRestMs = 2_000;
/** With more receivers than these each is asked less often. */
const oftenAsked = 8;
/** A receiver has a part as long as it has brought something in this time, … */
const livelyMs = 5_000;
/** … or in so many times what the last request took to whoever has all. */
const livelyRequests = 4;
/** When nothing has come for so long, and nothing is under way from anybody who has all, it is over. */
const giveUpMs = 10_000;

/** Where divided files come from, and who is told of them. */
export interface GetDividedFilesInit extends AskForSmallFilesInit {
  ownPeerId: string;
  /** Who is there now: those that have all, best first, and other receivers, which may have something later. */
  holders: () => Promise<readonly HolderToTry[]>;
  /** Somebody is asked. */
  onHolder: (holder: Address) => void;
  /** Somebody served wrong bytes. */
  onLiar: (holder: HolderToTry) => void;
  random: () => number;
}

/**
 * Fetches small files of a folder that others receive at the same time: from whoever has all, each file about once for all of them,
 * and from each other; {@link DividedFiles} says what from whom. Each file is verified, whoever it came from. One that sent
 * other bytes is not asked again, and what it would have sent comes from somebody else.
 *
 * @returns those that could not be had so
 */
export async function getDividedFiles(files: readonly FolderFile[], init: GetDividedFilesInit): Promise<FolderFile[]> {
  return new DividedDownload(files, init).run();
}

/** Somebody who is asked. */
interface Source {
  readonly holder: HolderToTry;
  readonly isWhole: boolean;
  /** When it brought something, or became known. */
  lastCameMs: number;
  /** Whether it answers, as far as is known. */
  isThere: boolean;
  /** Whether it is not asked any more. */
  isOver: boolean;
}

class DividedDownload {
  readonly #init: GetDividedFilesInit;
  readonly #files: DividedFiles<FolderFile>;
  readonly #sources = new Map<string, Source>();
  readonly #tasks = new Set<Promise<void>>();
  readonly #abort = new AbortController();
  readonly #signal: AbortSignal;
  readonly #wake = new Wake();
  readonly #resting = new Wake();
  #hurries = 0;
  readonly #others = new OthersPace();
  #lastPlacedMs: number;
  /** When somebody who has all brought something last. */
  #lastWholeMs = 0;
  #wholeRequests = 0;
  #lastRequestMs = 0;
  #failure: { error: unknown } | undefined;

  constructor(files: readonly FolderFile[], init: GetDividedFilesInit) {
    this.#init = init;
    this.#files = new DividedFiles({ files, ownPeerId: init.ownPeerId });
    this.#signal = AbortSignal.any([init.signal, this.#abort.signal]);
    this.#lastPlacedMs = init.nowMs();
    this.#lastWholeMs = this.#lastPlacedMs;
  }

  async run(): Promise<FolderFile[]> {
    const { signal } = this.#init;
    try {
      let refreshedMs = Number.NEGATIVE_INFINITY;
      while (!this.#files.isDone && this.#failure === undefined && !this.#isHopeless()) {
        signal.throwIfAborted();
        const nowMs = this.#init.nowMs();
        if (nowMs - refreshedMs >= refreshMs) {
          refreshedMs = nowMs;
          this.#begin(this.#refresh());
        }
        this.#files.divide(this.#livelyReceivers());
        await this.#wake.next(tickMs);
      }
    } finally {
      // Whoever is still asked has nothing any more that is wanted.
      this.#abort.abort();
      this.#wake.all();
      this.#resting.all();
      await Promise.all(this.#tasks);
    }
    signal.throwIfAborted();
    if (this.#failure !== undefined) throw this.#failure.error;
    return this.#files.missing;
  }

  #begin(work: Promise<void>): void {
    const task = work
      .catch((error: unknown) => {
        if (!this.#signal.aborted) this.#failure ??= { error };
      })
      .finally(() => {
        this.#tasks.delete(task);
        this.#wake.all();
      });
    this.#tasks.add(task);
  }

  /** Begins with those who are new. */
  async #refresh(): Promise<void> {
    const holders = await this.#init.holders();
    if (this.#signal.aborted) return;
    const added = holders.flatMap((holder) => this.#add(holder) ?? []);
    // Nobody begins with what is in another's part.
    this.#files.divide(this.#livelyReceivers());
    for (const source of added) {
      for (let at = 0; source.isWhole && at < requestsPerWhole; at++) this.#begin(this.#askWhole(source));
      if (!source.isWhole) this.#begin(this.#askReceiver(source));
    }
  }

  /** Adds one that is not known; not when enough others are asked. */
  #add(holder: HolderToTry): Source | undefined {
    const address = formatAddress(holder);
    if (this.#sources.has(address)) return undefined;
    const isWhole = holder.mayComeLater !== true && !holder.partial;
    const asked = [...this.#sources.values()].filter((one) => one.isWhole === isWhole && !one.isOver);
    if (asked.length >= (isWhole ? maxWholeHolders : maxReceivers)) return undefined;
    const source = { holder, isWhole, lastCameMs: this.#init.nowMs(), isThere: true, isOver: false };
    this.#sources.set(address, source);
    if (isWhole) this.#beginAnew(source.lastCameMs);
    return source;
  }

  /** Asks somebody who has all, again and again. */
  async #askWhole(source: Source): Promise<void> {
    const size = new RequestSize();
    let failures = 0;
    let hadOwn = false;
    while (!this.#signal.aborted && !source.isOver) {
      const own = this.#files.takeOfWhole(size.room, false);
      // What others have of theirs is wanted now.
      if (own.length === 0 && hadOwn) this.#hurry();
      hadOwn = own.length > 0;
      const files = own.length > 0 ? own : this.#files.takeOfWhole(size.room, this.#mayTakeOthers());
      if (files.length === 0) {
        await this.#wake.next(tickMs);
        continue;
      }
      const { placed, failure } = await this.#askWholeFor(source, files, size);
      failures = failure === undefined || placed.size > 0 ? 0 : failures + 1;
      if (failure !== undefined)
        await this.#rest(roundDelayMs(failures, failure.retryDelayMs ?? 0, this.#init.random()));
    }
  }

  async #askWholeFor(source: Source, files: readonly FolderFile[], size: RequestSize) {
    const startMs = this.#init.nowMs();
    this.#wholeRequests += 1;
    const asked = await this.#ask(source, files).finally(() => {
      this.#wholeRequests -= 1;
    });
    const { placed, failure, hasLied } = asked;
    this.#lastRequestMs = this.#init.nowMs() - startMs;
    if (placed.size > 0) size.note(bytesOf(placed), this.#lastRequestMs);
    for (const file of files) {
      if (placed.has(file)) continue;
      // What it does not give although all is well, it does not have, or something stands in its place.
      if (failure === undefined && !hasLied) this.#files.setAside(file);
      else this.#files.release(file, 'whole');
    }
    if (hasLied || (failure !== undefined && !isAskedAgainAfter(failure))) source.isOver = true;
    return asked;
  }

  /** Asks another receiver for what it may have by now, again and again. */
  async #askReceiver(source: Source): Promise<void> {
    const size = new ProbeSize();
    const { holder } = source;
    for (let inVain = 0; !this.#signal.aborted && !source.isOver; ) {
      // What it has first may be what it cannot get.
      const files = this.#files.takeOfReceiver(holder.peerId, size.room, inVain % 2 === 1);
      if (files.length === 0) {
        await this.#wake.next(tickMs);
        continue;
      }
      const { placed, failure, hasLied } = await this.#ask(source, files);
      for (const file of files) if (!placed.has(file)) this.#files.release(file, 'receiver');
      size.note(placed.size);
      source.isThere = failure === undefined;
      source.isOver = hasLied || failure?.reason === 'BYTES_MISMATCH';
      inVain = placed.size > 0 ? 0 : inVain + 1;
      // What it has not is on its way to it.
      if (placed.size < files.length && (await this.#restOrHurry(this.#restMs(inVain)))) inVain = 0;
    }
  }

  async #ask(source: Source, files: readonly FolderFile[]) {
    const { holder } = source;
    this.#init.onHolder(holder);
    const asked = await askForSmallFiles(files, holder, {
      ...this.#init,
      signal: this.#signal,
      onPlaced: (file, sources) => {
        this.#notePlaced(source, file);
        this.#init.onPlaced(file, sources);
      },
    });
    if (asked.hasLied && !source.isOver) this.#init.onLiar(holder);
    return asked;
  }

  #notePlaced(source: Source, file: FolderFile): void {
    this.#files.done(file);
    source.lastCameMs = this.#init.nowMs();
    this.#lastPlacedMs = source.lastCameMs;
    if (source.isWhole) {
      if (source.lastCameMs - this.#lastWholeMs >= livelyMs) this.#beginAnew(source.lastCameMs);
      this.#lastWholeMs = source.lastCameMs;
    } else this.#others.note(file.sizeBytes, source.lastCameMs);
    if (this.#files.isDone) this.#wake.all();
  }

  /** Somebody who has all is there, or there again: where nobody was, no receiver could bring anything. */
  #beginAnew(nowMs: number): void {
    for (const source of this.#sources.values()) if (!source.isWhole) source.lastCameMs = nowMs;
    this.#hurry();
  }

  /** Those who are taken to fetch a part. */
  #livelyReceivers(): string[] {
    const sinceMs = this.#init.nowMs() - Math.max(livelyMs, livelyRequests * this.#lastRequestMs);
    return [...this.#sources.values()]
      .filter(({ isWhole, isThere, isOver, lastCameMs }) => !isWhole && isThere && !isOver && lastCameMs >= sinceMs)
      .map(({ holder }) => holder.peerId);
  }

  #mayTakeOthers(): boolean {
    return this.#others.isTooSlow(this.#files.leftBytes, this.#init.nowMs(), this.#livelyReceivers().length > 0);
  }

  /** Whether nothing will come so any more: what is left is for those who wait longer. */
  #isHopeless(): boolean {
    return this.#wholeRequests === 0 && this.#init.nowMs() - this.#lastPlacedMs >= giveUpMs;
  }

  #restMs(inVain: number): number {
    const usualMs = minRestMs * Math.max(1, this.#sources.size / oftenAsked);
    return Math.min(usualMs * 2 ** inVain, maxRestMs);
  }

  /** @returns whether there is a hurry now */
  async #restOrHurry(ms: number): Promise<boolean> {
    const before = this.#hurries;
    if (!this.#signal.aborted) await this.#resting.next(ms);
    return this.#hurries > before;
  }

  /** Nobody rests. */
  #hurry(): void {
    this.#hurries += 1;
    this.#resting.all();
  }

  async #rest(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.#signal }).catch(() => undefined);
  }
}

function bytesOf(files: Iterable<FolderFile>): number {
  let bytes = 0;
  for (const { sizeBytes } of files) bytes += sizeBytes;
  return bytes;
}
