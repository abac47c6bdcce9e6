import {
  CardumeError,
  checkDigest,
  checkName,
  hashLengthBytes,
  type Manifest,
  maxFileSizeBytes,
  nameProblem,
  PieceSet,
  pieceCount,
  usualPieceLength,
} from '@cardume/client';
import { openPart, type Part } from './adapters/open-part.ts';
import { maxLooseFiles } from './core/limits.ts';
import type { PieceBoards } from './core/pieces/piece-boards.ts';
import type { MayGet, ShareEntry, ShareList } from './core/share-list.ts';
import type { SharedFiles } from './core/shared-files.ts';

/** A file that is being downloaded, and is to be shared meanwhile. */
export interface PartialInit {
  /** 64 lower-case hex digits. */
  digest: string;
  /** 0 to 16 TiB. */
  sizeBytes: number;
  /** Its name within the share, such as its first holder has it. Another file may have it: see {@link PartialShare}. */
  name: string;
  /** When its content was last modified. Default: unknown. */
  modifyTime?: Date | undefined;
  /** The file that the pieces are written to, at their places; it is there, and as long as it will be in the end. */
  path: string;
  /** The proven manifest at the file's usual piece length. Default: the one that a file of at most one piece has. */
  manifest?: Manifest | undefined;
  /** The pieces that are written and verified. Default: none. */
  have?: Iterable<number>;
  /** Who may get it, of those who see what this peer shares. Default: all of them. */
  mayGet?: MayGet | undefined;
}

/**
 * A file that is shared while it is being downloaded.
 *
 * Pieces are served from when they are said to be there, and must not be written to any more. Its methods do nothing once
 * it has been stopped.
 */
export interface PartialShare {
  /** The name that it is listed under: the one given; or, where another file has that, `DIGEST-PREFIX/NAME`. */
  readonly name: string;
  /** Whether it is served as a whole file. */
  readonly isWhole: boolean;
  /** Says that a piece is written and verified. @throws CardumeError INVALID_FIELD when the file has no such piece */
  have(piece: number): void;
  /** Says so of pieces in a row, from `first` to before `end`. @throws CardumeError INVALID_FIELD */
  haveRange(first: number, end: number): void;
  /**
   * Says that all is written and verified, and that the file has its final name. From now on it is served from there, and
   * listed as whole, until `stop()`; or until it is found to be another one, as every shared file.
   *
   * @throws CardumeError INVALID_FIELD when another file, or none, has that name: it is shared as before
   */
  whole(path: string): Promise<void>;
  /** Shares it no longer; downloads under way go on. Safe to call twice. */
  stop(): Promise<void>;
}

export interface LooseFilesInit {
  /** The loose files. */
  list: ShareList;
  /** All files. */
  files: SharedFiles;
  boards: PieceBoards;
  /** Called with each name that is on the list now and was not, or the other way round, or has something new. */
  onChanged: (name: string) => void;
}

/** The files that are shared although they are in no shared folder: each was given by whoever downloads it. */
export class LooseFiles {
  readonly #init: LooseFilesInit;
  readonly #shares = new Set<LooseFile>();
  #closed = false;

  constructor(init: LooseFilesInit) {
    this.#init = init;
  }

  /**
   * Begins to share a file that is being downloaded.
   *
   * @throws CardumeError INVALID_FIELD or UNSAFE_NAME for what cannot be; LIMIT_REACHED; SHUTTING_DOWN
   */
  async share(partial: PartialInit): Promise<PartialShare> {
    const manifest = checkPartial(partial);
    this.#checkRoom();
    const part = await openPart(partial.path, partial.sizeBytes);
    const share = new LooseFile(partial, manifest, part, this.#init, () => this.#shares.delete(share));
    try {
      // Others may have come, or the peer may have stopped, while it was opened.
      this.#checkRoom();
      for (const piece of partial.have ?? []) share.have(piece);
    } catch (error) {
      await part.close();
      throw error;
    }
    this.#shares.add(share);
    share.begin();
    return share;
  }

  /** Says that a whole file is not on the disk as it was: it is shared no longer. */
  noteChanged(entry: ShareEntry): void {
    for (const share of this.#shares) if (share.entry === entry) void share.stop();
  }

  /** Stops all of them. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#shares].map((share) => share.stop()));
  }

  #checkRoom(): void {
    if (this.#closed) throw new CardumeError('SHUTTING_DOWN', 'this peer is stopping, and shares nothing any more');
    if (this.#shares.size < maxLooseFiles) return;
    throw new CardumeError('LIMIT_REACHED', `this peer shares ${maxLooseFiles} single files already`, {
      metadata: { limit: 'maxLooseFiles' },
    });
  }
}

class LooseFile implements PartialShare {
  readonly #init: LooseFilesInit;
  readonly #part: Part;
  readonly #pieces: PieceSet;
  readonly #onStopped: () => void;
  /** What stands on the list; until it begins, what is to stand there. */
  entry: ShareEntry;
  #isListed = false;

  constructor(
    { digest, sizeBytes, name, path, modifyTime, mayGet }: PartialInit,
    manifest: Manifest,
    part: Part,
    init: LooseFilesInit,
    onStopped: () => void,
  ) {
    this.#init = init;
    this.#part = part;
    this.#onStopped = onStopped;
    this.#pieces = new PieceSet(pieceCount(sizeBytes, manifest.pieceLengthBytes));
    const partial = { have: this.#pieces, manifest, open: () => part.open() };
    const modifyTimeMs = modifyTime?.getTime();
    this.entry = { name: name.normalize('NFC'), path, sizeBytes, digest, modifyTimeMs, stamp: '', partial, mayGet };
  }

  get name(): string {
    return this.entry.name;
  }

  get isWhole(): boolean {
    return this.entry.partial === undefined;
  }

  begin(): void {
    const { list, files, onChanged } = this.#init;
    const isTaken = (name: string): boolean => files.get(name) !== undefined || list.get(name) !== undefined;
    this.entry = { ...this.entry, name: freeName(this.entry, isTaken) };
    this.#isListed = true;
    list.put(this.entry);
    onChanged(this.name);
  }

  have(piece: number): void {
    this.haveRange(piece, piece + 1);
  }

  haveRange(first: number, end: number): void {
    const { pieceCount: count } = this.#pieces;
    if (!(Number.isInteger(first) && Number.isInteger(end) && first >= 0 && first < end && end <= count)) {
      throw CardumeError.invalidField('piece', `must be pieces of the file's ${count}, and are ${first} to ${end}`);
    }
    for (let piece = first; piece < end; piece++) this.#pieces.add(piece);
    if (!this.#isListed || this.isWhole) return;
    const { boards } = this.#init;
    const { digest } = this.entry;
    boards.added(digest, { first, end });
    if (this.#pieces.size === count) boards.completed(digest);
  }

  async whole(path: string): Promise<void> {
    if (!this.#isListed || this.isWhole) return;
    const { modifyTimeMs, stamp } = await this.#part.describe(this.name, path);
    // It may have been stopped meanwhile.
    if (!this.#isListed) return;
    const { name, sizeBytes, digest, mayGet } = this.entry;
    this.entry = { name, path, sizeBytes, digest, modifyTimeMs, stamp, mayGet };
    this.#init.list.put(this.entry);
    this.#init.onChanged(name);
    await this.#part.close();
  }

  async stop(): Promise<void> {
    if (this.#isListed) {
      this.#isListed = false;
      this.#onStopped();
      this.#init.list.remove(this.name);
      this.#init.onChanged(this.name);
    }
    await this.#part.close();
  }
}

/** The file's own name; or, when another file has it, that behind as much of the digest as makes it one of its own. */
function freeName({ name, digest }: ShareEntry, isTaken: (name: string) => boolean): string {
  const isFree = (candidate: string): boolean => nameProblem(candidate) === null && !isTaken(candidate);
  const names = [name, ...[8, 16, 64].map((length) => `${digest.slice(0, length)}/${name}`)];
  const free = names.find(isFree);
  if (free !== undefined) return free;
  // The same content several times, or a name that leaves no room.
  for (let number = 1; ; number++) if (isFree(`${digest}/${number}`)) return `${digest}/${number}`;
}

/** @returns the manifest @throws CardumeError INVALID_FIELD, UNSAFE_NAME */
function checkPartial({ digest, sizeBytes, name, modifyTime, manifest }: PartialInit): Manifest {
  checkDigest(digest, 'digest');
  checkName(name.normalize('NFC'), 'name');
  if (!(Number.isSafeInteger(sizeBytes) && sizeBytes >= 0 && sizeBytes <= maxFileSizeBytes)) {
    throw CardumeError.invalidField('sizeBytes', `must be 0 to ${maxFileSizeBytes}`);
  }
  if (modifyTime !== undefined && !isTellable(modifyTime)) {
    throw CardumeError.invalidField('modifyTime', 'must be in the years 1970 to 9999');
  }
  const pieceLengthBytes = usualPieceLength(sizeBytes);
  const count = pieceCount(sizeBytes, pieceLengthBytes);
  // The digest of a single piece is its hash.
  const pieceHashes = Buffer.from(digest, 'hex').subarray(0, count * hashLengthBytes);
  const known = manifest ?? { digest, sizeBytes, pieceLengthBytes, pieceHashes };
  const fits =
    known.digest === digest &&
    known.sizeBytes === sizeBytes &&
    known.pieceLengthBytes === pieceLengthBytes &&
    known.pieceHashes.length === count * hashLengthBytes;
  if (fits) return known;
  throw CardumeError.invalidField('manifest', `must be the file's at its usual piece length, ${pieceLengthBytes}`);
}

/** Whether an index takes a time. */
function isTellable(time: Date): boolean {
  return time.getTime() >= 0 && time.getUTCFullYear() <= 9999;
}
