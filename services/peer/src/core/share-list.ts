import type { FolderSummary, Manifest, SharedFile } from '@cardume/client';
import { compareText } from './compare-text.ts';
import type { OpenFile } from './open-file.ts';
import type { PartialContent } from './partial-content.ts';
import type { ScannedFile } from './scanned-file.ts';

/** A folder that is shared as one thing. */
export interface SharedFolder extends FolderSummary {
  /** The piece hashes of its folder manifest. */
  manifest: Manifest;
  /** @throws CardumeError FILE_CHANGED when it has something else in it by now; LIMIT_REACHED */
  open: () => Promise<OpenFile>;
}

/** Says whether a peer may get something, by the id that its certificate names; undefined: it named none. */
export type MayGet = (peerId: string | undefined) => boolean;

/** A file that is shared: it was hashed in the state that its stamp tells, or it is still on its way here. */
export interface ShareEntry extends Pick<ScannedFile, 'name' | 'path' | 'sizeBytes' | 'stamp'> {
  /** 64 lower-case hex digits. */
  digest: string;
  /** When its content was last modified, in milliseconds since 1970; undefined when unknown. */
  modifyTimeMs: number | undefined;
  /** What there is of a file that is on its way; undefined: all of it is there, under `path`. */
  partial?: PartialContent | undefined;
  /** Whether its owner may execute it. Default: false. */
  executable?: boolean;
  /** Who may get it, of those who see what is shared. Default: all of them. */
  mayGet?: MayGet | undefined;
  /** What is in it, when it is a folder: what is described and served is its manifest. */
  folder?: SharedFolder | undefined;
}

/** What outsiders are told of a shared file: all but where it is on the disk. */
export function sharedFileOf({
  name,
  sizeBytes,
  digest,
  modifyTimeMs,
  partial,
  folder,
}: ShareEntry): SharedFile & { partial: boolean; folder: FolderSummary | undefined } {
  const modifyTime = modifyTimeMs === undefined ? undefined : new Date(modifyTimeMs);
  const summary =
    folder === undefined ? undefined : { fileCount: folder.fileCount, totalSizeBytes: folder.totalSizeBytes };
  return { name, sizeBytes, digest, modifyTime, partial: partial !== undefined, folder: summary };
}

/** A list of shared files, by name and by digest. */
export class ShareList {
  readonly #byName = new Map<string, ShareEntry>();
  readonly #namesOfDigest = new Map<string, string | Set<string>>();
  #sorted: string[] = [];
  readonly #unsorted = new Set<string>();
  #stale = false;
  /** Whole, since what is added to a number beyond 2^53 cannot be taken from it again. */
  #totalSizeBytes = 0n;
  readonly #onChanged: (digest: string) => void;

  /** @param onChanged called with the digest of each file that is on the list now and was not, or the other way round */
  constructor(onChanged: (digest: string) => void = () => {}) {
    this.#onChanged = onChanged;
  }

  /** How many files are shared. */
  get size(): number {
    return this.#byName.size;
  }

  /** The sum of the sizes of all files. */
  get totalSizeBytes(): number {
    return Number(this.#totalSizeBytes);
  }

  get(name: string): ShareEntry | undefined {
    return this.#byName.get(name);
  }

  /** Every name, in no particular order. */
  names(): Iterable<string> {
    return this.#byName.keys();
  }

  /** Every name in order; it changes with the list, by being replaced. */
  get sorted(): readonly string[] {
    return this.#sortedNames();
  }

  /** Adds a file, or replaces the one of that name. */
  put(entry: ShareEntry): void {
    const before = this.#byName.get(entry.name);
    if (before === undefined) this.#unsorted.add(entry.name);
    else this.#forgetDigest(before);
    this.#byName.set(entry.name, entry);
    this.#totalSizeBytes += BigInt(entry.sizeBytes - (before?.sizeBytes ?? 0));
    const names = this.#namesOfDigest.get(entry.digest);
    // Nearly every digest has one name, and a set for each would take more memory than all the rest.
    if (names === undefined) this.#namesOfDigest.set(entry.digest, entry.name);
    else if (typeof names === 'string') this.#namesOfDigest.set(entry.digest, new Set([names, entry.name]));
    else names.add(entry.name);
    this.#onChanged(entry.digest);
    if (before !== undefined && before.digest !== entry.digest) this.#onChanged(before.digest);
  }

  /** Takes a name off the list. @returns whether it was on it */
  remove(name: string): boolean {
    const entry = this.#byName.get(name);
    if (entry === undefined) return false;
    this.#byName.delete(name);
    this.#totalSizeBytes -= BigInt(entry.sizeBytes);
    this.#forgetDigest(entry);
    if (!this.#unsorted.delete(name)) this.#stale = true;
    this.#onChanged(entry.digest);
    return true;
  }

  /** The files with a digest, in the order of names; none when it is not on the list. */
  findAll(digest: string): readonly ShareEntry[] {
    const names = this.#namesOfDigest.get(digest);
    if (names === undefined) return [];
    const sorted = typeof names === 'string' ? [names] : [...names].sort(compareText);
    return sorted.flatMap((name) => this.#byName.get(name) ?? []);
  }

  /** Up to `count` files in the order of names, beginning after `after`. */
  page(after: string, count: number): ShareEntry[] {
    const names = this.#sortedNames();
    const start = firstAfter(names, after);
    return names.slice(start, start + count).flatMap((name) => this.#byName.get(name) ?? []);
  }

  #forgetDigest({ digest, name }: ShareEntry): void {
    const names = this.#namesOfDigest.get(digest);
    if (typeof names === 'string' || names === undefined) this.#namesOfDigest.delete(digest);
    else if (names.delete(name) && names.size === 0) this.#namesOfDigest.delete(digest);
  }

  /** Sorting a million names takes a second, merging a few into them a hundredth: so the order is kept. */
  #sortedNames(): readonly string[] {
    if (this.#stale) this.#sorted = this.#sorted.filter((name) => this.#byName.has(name));
    // A name that was removed and added again stands in both.
    if (this.#unsorted.size > 0) this.#sorted = merge(this.#sorted, [...this.#unsorted].sort(compareText));
    this.#stale = false;
    this.#unsorted.clear();
    return this.#sorted;
  }
}

function merge(a: readonly string[], b: readonly string[]): string[] {
  const merged: string[] = [];
  let taken = 0;
  for (const name of a) {
    for (let next = b[taken]; next !== undefined && next <= name; next = b[++taken]) {
      if (next !== name) merged.push(next);
    }
    merged.push(name);
  }
  // Not pushed at once: a hundred thousand arguments are more than a call can have.
  return merged.concat(b.slice(taken));
}

function firstAfter(sorted: readonly string[], text: string): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] ?? '') <= text) low = middle + 1;
    else high = middle;
  }
  return low;
}
