import { PieceSet } from '@cardume/client';
import { compareText } from './compare-text.ts';
import { fileNotShared } from './file-not-shared.ts';
import type { Held } from './pieces/piece-board.ts';
import { type ShareEntry, ShareList } from './share-list.ts';

/** What is listed nowhere. */
export type UnlistedFiles = Pick<ShareList, 'findAll'>;

/** Who looks. */
export interface Looks {
  /** By its certificate. */
  peerId: string | undefined;
}

/**
 * All that a peer shares, and nothing else is served: what was found in its folders; loose files, which its owner gave one
 * by one; and folders, each as one thing. Where several have a name, the first of these has it; the others are found by
 * their digest only, and a folder also by its name with a slash.
 *
 * Besides there may be what is listed nowhere: it is found by its digest, by those who were told of it, and may get it.
 */
export class SharedFiles {
  readonly #found: ShareList;
  readonly #loose: ShareList;
  readonly #folders: ShareList;
  readonly #unlisted: readonly UnlistedFiles[];
  /** Undefined: whoever looks may get all. */
  readonly #looks: Looks | undefined;
  /** After how long what is not there may be, in milliseconds; undefined: all that there is has been found. */
  retryDelayMs: number | undefined;

  constructor(
    found: ShareList,
    loose: ShareList,
    folders: ShareList = new ShareList(),
    unlisted: readonly UnlistedFiles[] = [],
    looks?: Looks,
  ) {
    this.#found = found;
    this.#loose = loose;
    this.#folders = folders;
    this.#unlisted = unlisted;
    this.#looks = looks;
  }

  /** The same for a caller, without what it may not get. */
  seenBy(looks: Looks): SharedFiles {
    const seen = new SharedFiles(this.#found, this.#loose, this.#folders, this.#unlisted, looks);
    seen.retryDelayMs = this.retryDelayMs;
    return seen;
  }

  /** How many names of files are shared. */
  get size(): number {
    let size = this.#found.size;
    for (const name of this.#loose.names()) if (this.#found.get(name) === undefined) size += 1;
    return size;
  }

  /** The sum of the sizes of those files, in bytes. */
  get totalSizeBytes(): number {
    let total = this.#found.totalSizeBytes;
    for (const name of this.#loose.names()) {
      if (this.#found.get(name) === undefined) total += this.#loose.get(name)?.sizeBytes ?? 0;
    }
    return total;
  }

  /** How many names of folders are. */
  get folderCount(): number {
    let count = 0;
    for (const name of this.#folders.names()) if (!this.#isFile(name)) count += 1;
    return count;
  }

  get(name: string): ShareEntry | undefined {
    return this.#found.get(name) ?? this.#loose.get(name) ?? this.#folders.get(name);
  }

  /** Every name, in no particular order. */
  names(): Generator<string, void, undefined> {
    return this.#allOf(this.#found.names());
  }

  /**
   * Every name: of files found in folders in order, and then all others. An index takes names that are in order up to twice as fast:
   * they go to the same places of its database. To sort a million takes a while, once.
   */
  namesInOrder(): Generator<string, void, undefined> {
    return this.#allOf(this.#found.sorted);
  }

  *#allOf(found: Iterable<string>): Generator<string, void, undefined> {
    yield* found;
    for (const name of this.#loose.names()) if (this.#found.get(name) === undefined) yield name;
    for (const name of this.#folders.names()) if (!this.#isFile(name)) yield name;
  }

  /** The files with a digest, whole ones before those that are on their way; none when it is not shared. */
  findAll(digest: string): readonly ShareEntry[] {
    const found = this.#found.findAll(digest);
    const loose = this.#loose.findAll(digest);
    const folders = this.#folders.findAll(digest);
    const unlisted = this.#unlisted.flatMap((list) => list.findAll(digest)).filter((entry) => this.#mayGet(entry));
    if (loose.length === 0 && folders.length === 0 && unlisted.length === 0) return found;
    const isWhole = ({ partial }: ShareEntry): boolean => partial === undefined;
    const single = [...loose, ...unlisted];
    return [...found, ...single.filter(isWhole), ...folders, ...single.filter((entry) => !isWhole(entry))];
  }

  /**
   * The files that a caller may mean, the first name first: those of the digest; or the one of the name, in whatever
   * Unicode form; or the one that has both. A name with a slash at its end is a folder's.
   *
   * @throws CardumeError FILE_NOT_SHARED when there is none, or none yet
   */
  find(digest: string, name: string): readonly ShareEntry[] {
    const written = name.normalize('NFC');
    const isFolder = written.endsWith('/');
    const plain = isFolder ? written.slice(0, -1) : written;
    const byName = isFolder ? this.#folders.get(plain) : this.get(plain);
    const found = digest === '' ? (byName === undefined ? [] : [byName]) : this.findAll(digest);
    const entries = name === '' ? found : found.filter((entry) => entry.name === plain);
    if (entries.length > 0) return entries;
    throw fileNotShared(digest, name, this.retryDelayMs);
  }

  /** Up to `count` files, and folders if asked for, in the order of names, beginning after `after`. */
  page(after: string, count: number, includeFolders = false): readonly ShareEntry[] {
    const found = this.#found.page(after, count);
    // As many more of the others as may be hidden by a file of the same name.
    const loose = this.#loose.size === 0 ? [] : this.#loose.page(after, count + found.length);
    const shown = loose.filter(({ name }) => this.#found.get(name) === undefined);
    const files = found.length + shown.length;
    const folders = includeFolders ? this.#folders.page(after, count + files) : [];
    if (shown.length === 0 && folders.length === 0) return found;
    const others = [...shown, ...folders.filter(({ name }) => !this.#isFile(name))];
    return [...found, ...others].sort((a, b) => compareText(a.name, b.name)).slice(0, count);
  }

  /** What there is of a file's pieces; undefined when it is not shared. */
  held(digest: string): { sizeBytes: number; held: Held } | undefined {
    const entries = this.findAll(digest);
    const [first] = entries;
    if (first === undefined) return undefined;
    const { sizeBytes } = first;
    const parts = entries.flatMap(({ partial }) => (partial === undefined ? [] : [partial.have]));
    const [part, ...others] = parts;
    if (part === undefined || parts.length < entries.length) return { sizeBytes, held: 'all' };
    return { sizeBytes, held: others.length === 0 ? part : unionOf(parts) };
  }

  #mayGet({ mayGet }: ShareEntry): boolean {
    return this.#looks === undefined || mayGet === undefined || mayGet(this.#looks.peerId);
  }

  #isFile(name: string): boolean {
    return this.#found.get(name) !== undefined || this.#loose.get(name) !== undefined;
  }
}

function unionOf(sets: readonly PieceSet[]): PieceSet {
  const union = new PieceSet(sets[0]?.pieceCount ?? 0);
  for (const set of sets) for (const piece of set) union.add(piece);
  return union;
}
