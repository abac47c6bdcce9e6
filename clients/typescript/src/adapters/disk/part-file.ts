import { constants } from 'node:fs';
import { type FileHandle, link, lstat, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Manifest } from '../../core/digest/manifest.ts';
import { hashLengthBytes } from '../../core/digest/merkle-tree.ts';
import { pieceHash, pieceTreeLength } from '../../core/digest/piece-hash.ts';
import { pieceCount, pieceRange } from '../../core/digest/piece-length.ts';
import { segmentLengthBytes } from '../../core/digest/segment.ts';
import { addVerified } from '../../core/download/add-verified.ts';
import {
  claimedPieces,
  journalHeaderLine,
  journalPieceLine,
  maxJournalBytes,
  parseJournal,
} from '../../core/download/journal-text.ts';
import { type PartNames, partNames } from '../../core/download/part-names.ts';
import { type PieceRun, PieceSet } from '../../core/download/piece-set.ts';
import { CardumeError, errnoOf } from '../../errors/cardume-error.ts';
import { cloneFile } from './clone-file.ts';
import { readFully } from './read-fully.ts';
import { syncFolder } from './sync-folder.ts';
import { lockTarget, type TargetLock } from './target-lock.ts';

// A symbolic link planted under the part's name is not followed: bytes stay in the download folder.
const partFlags = constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW;
const journalFlags = constants.O_RDWR | constants.O_CREAT | constants.O_APPEND | constants.O_NOFOLLOW;

/**
 * A file on its way: `NAME.cardume-part` holds the pieces at their places, `NAME.cardume-journal` says which ones are
 * written, `NAME.cardume-lock` who writes. NAME itself appears in `finish()`, whole and verified, or not at all.
 *
 * Who owns what: this class owns the three files and the set of verified pieces; whoever downloads gives it pieces in
 * any order. Nothing that the journal says is believed: `recover()` hashes what it points to.
 */
export class PartFile {
  readonly targetPath: string;
  readonly manifest: Manifest;
  /** The pieces that are verified and written. */
  readonly verified: PieceSet;
  readonly #names: PartNames;
  readonly #lock: TargetLock;
  readonly #part: FileHandle;
  readonly #journal: FileHandle;
  readonly #candidates: PieceSet;
  /** The pieces that something may have been written of; all of them in the part of an earlier run. */
  readonly #touched: PieceSet | undefined;

  private constructor(init: {
    targetPath: string;
    manifest: Manifest;
    names: PartNames;
    lock: TargetLock;
    part: FileHandle;
    journal: FileHandle;
    candidates: PieceSet;
    isNew: boolean;
  }) {
    this.targetPath = init.targetPath;
    this.manifest = init.manifest;
    this.verified = new PieceSet(pieceCount(init.manifest.sizeBytes, init.manifest.pieceLengthBytes));
    this.#names = init.names;
    this.#lock = init.lock;
    this.#part = init.part;
    this.#journal = init.journal;
    this.#candidates = init.candidates;
    this.#touched = init.isNew ? new PieceSet(this.verified.pieceCount) : undefined;
  }

  /**
   * Opens the part of a target, a new one or what an earlier run left.
   *
   * @param folder the folder of the target; it is there
   * @param name the target's name in it, one part, checked
   * @param manifest the proven manifest of the file
   * @throws CardumeError TARGET_BUSY; or an error of the operating system
   */
  static async open(folder: string, name: string, manifest: Manifest): Promise<PartFile> {
    const { part: partName, journal: journalName, lock: lockName } = partNames(name);
    const names = { part: join(folder, partName), journal: join(folder, journalName), lock: join(folder, lockName) };
    const lock = await lockTarget(names.lock);
    await using cleanup = new AsyncDisposableStack();
    cleanup.defer(() => lock.release());
    await removeFinished(names);
    const part = await open(names.part, partFlags, 0o666);
    cleanup.defer(() => part.close());
    const stat = await part.stat();
    if (!stat.isFile()) throw new CardumeError('LOCAL_IO_FAILED', `${names.part} is not a regular file; move it away`);
    // What fails from here on leaves no part behind that was not there, or that nothing is in.
    if (stat.size === 0) cleanup.defer(() => rm(names.part, { force: true }));
    const journal = await open(names.journal, journalFlags, 0o666);
    cleanup.defer(() => journal.close());
    // At its full length from the beginning: what is not written yet is a hole, and no disk is taken for it.
    if (stat.size !== manifest.sizeBytes) await part.truncate(manifest.sizeBytes);
    const candidates = await readCandidates(journal, manifest);
    cleanup.move();
    const isNew = stat.size === 0;
    return new PartFile({ targetPath: join(folder, name), manifest, names, lock, part, journal, candidates, isNew });
  }

  /**
   * Verifies what an earlier run wrote, and counts what is right.
   *
   * @param onChecked called after each piece with how many bytes have been hashed so far
   */
  async recover(onChecked: (checkedBytes: number) => void, signal?: AbortSignal): Promise<void> {
    let checkedBytes = 0;
    for await (const { piece, lengthBytes, isRight } of this.#hashed(this.#candidates, signal)) {
      if (isRight) this.verified.add(piece);
      checkedBytes += lengthBytes;
      onChecked(checkedBytes);
    }
  }

  /**
   * Takes the bytes of another file as they are, where the file system can without copying them; then verifies them all, and
   * notes the pieces that are right. Only a part that has nothing takes any.
   *
   * @param onNoted called after each piece that is right
   * @returns whether it took them
   */
  async cloneFrom(source: FileHandle, onNoted: () => void, signal: AbortSignal): Promise<boolean> {
    if (this.verified.size > 0) return false;
    const { pieceCount: count } = this.verified;
    if (!(await cloneFile(source, this.#part, this.manifest.sizeBytes))) return false;
    this.touch({ first: 0, end: count });
    for await (const { piece, isRight } of this.#hashed(Array.from({ length: count }).keys(), signal)) {
      if (!isRight) continue;
      await this.noteVerified([piece]);
      onNoted();
    }
    return true;
  }

  /** Whether these are the bytes of a piece. */
  isRight(piece: number, bytes: Buffer): boolean {
    const { sizeBytes, pieceLengthBytes, pieceHashes } = this.manifest;
    const expected = pieceHashes.subarray(piece * hashLengthBytes, (piece + 1) * hashLengthBytes);
    return pieceHash(bytes, pieceTreeLength(sizeBytes, pieceLengthBytes)).equals(expected);
  }

  /** Writes a piece, which is verified, and notes it. */
  async write(piece: number, bytes: Buffer): Promise<void> {
    this.touch({ first: piece, end: piece + 1 });
    const { start } = pieceRange(piece, this.manifest.sizeBytes, this.manifest.pieceLengthBytes);
    let length = 0;
    while (length < bytes.length) {
      const { bytesWritten } = await this.#part.write(bytes, length, bytes.length - length, start + length);
      length += bytesWritten;
    }
    await this.noteVerified([piece]);
  }

  /** Whether an open file is this part itself, under whatever name. */
  async isSameFile(other: FileHandle): Promise<boolean> {
    const [ours, theirs] = await Promise.all([this.#part.stat({ bigint: true }), other.stat({ bigint: true })]);
    return ours.ino === theirs.ino && ours.dev === theirs.dev;
  }

  /** Whether every piece is verified and written. */
  get isWhole(): boolean {
    return this.verified.size === this.verified.pieceCount;
  }

  /** How many bytes the verified pieces have. */
  get verifiedBytes(): number {
    const { sizeBytes, pieceLengthBytes } = this.manifest;
    const { pieceCount: count, size } = this.verified;
    const lastMissing = count > 0 && this.verified.has(count - 1) ? count * pieceLengthBytes - sizeBytes : 0;
    return size * pieceLengthBytes - lastMissing;
  }

  /** Where the pieces are, until `finish()`. */
  get path(): string {
    return this.#names.part;
  }

  /** Whether wrong bytes never take the place of right ones: see `RangeJob`. */
  get comparesBeforeWriting(): boolean {
    return this.manifest.pieceLengthBytes === segmentLengthBytes;
  }

  /** The part's open file, for who writes segments into it; open until `close()`. */
  get descriptor(): number {
    return this.#part.fd;
  }

  /**
   * Says that something is about to be written of pieces.
   *
   * @returns whether nothing was before of any of them, so that there is a hole, which reads as zeros
   */
  touch({ first, end }: PieceRun): boolean {
    const touched = this.#touched;
    if (touched === undefined) return false;
    let isHole = true;
    for (let piece = first; piece < end; piece++) {
      isHole &&= !touched.has(piece);
      touched.add(piece);
    }
    return isHole;
  }

  /**
   * Notes that pieces are written and verified.
   *
   * @returns those that were not yet, and their length in bytes
   */
  async noteVerified(pieces: readonly number[]): Promise<{ isNew: number[]; bytes: number }> {
    const { isNew, bytes } = addVerified(this.verified, pieces, this.manifest);
    if (isNew.length > 0) await this.#journal.appendFile(isNew.map(journalPieceLine).join(''));
    return { isNew, bytes };
  }

  /**
   * Gives the whole file its name: flush, name, flush the folder; then the journal goes.
   *
   * @param overwrite whether other content under the name is replaced
   * @throws CardumeError TARGET_EXISTS, TARGET_BUSY; or an error of the operating system
   */
  async finish(overwrite: boolean): Promise<void> {
    await this.#part.sync();
    const ours = await this.#part.stat();
    const found = await lstat(this.#names.part);
    // Whoever took our lock for a dead one's may have begun anew under the same names.
    if (!(await this.#lock.isHeld()) || found.ino !== ours.ino || found.dev !== ours.dev) {
      throw new CardumeError('TARGET_BUSY', `another download took over ${this.#names.part}; let it finish`);
    }
    if (overwrite) await rename(this.#names.part, this.targetPath);
    else await this.#nameWithoutReplacing();
    await syncFolder(dirname(this.targetPath));
    await rm(this.#names.journal, { force: true });
  }

  /** Gives up what was written: the very content stands under the name already. */
  async discard(): Promise<void> {
    await removeBoth(this.#names);
  }

  /** Closes the files and the lock; what is verified stays for the next run. Nothing stays where nothing is. */
  async close(): Promise<void> {
    const isEmpty = this.verified.size === 0 && this.#candidates.size === 0;
    await this.#part.close();
    await this.#journal.close();
    if (isEmpty) await removeBoth(this.#names);
    await this.#lock.release();
  }

  /** Reads pieces of the part and hashes them. */
  async *#hashed(
    pieces: Iterable<number>,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<{ piece: number; lengthBytes: number; isRight: boolean }, void, undefined> {
    const { sizeBytes, pieceLengthBytes } = this.manifest;
    let buffer: Buffer | undefined;
    for (const piece of pieces) {
      signal?.throwIfAborted();
      const { start, end } = pieceRange(piece, sizeBytes, pieceLengthBytes);
      buffer ??= Buffer.allocUnsafeSlow(Math.min(pieceLengthBytes, sizeBytes));
      const bytes = buffer.subarray(0, end - start);
      const isRight = (await readFully(this.#part, bytes, start)) && this.isRight(piece, bytes);
      yield { piece, lengthBytes: bytes.length, isRight };
    }
  }

  async #nameWithoutReplacing(): Promise<void> {
    try {
      // Unlike rename(2), link(2) never replaces what stands there.
      await link(this.#names.part, this.targetPath);
    } catch (error) {
      const errno = errnoOf(error);
      if (errno === 'EEXIST' || (await lstat(this.targetPath).catch(noneThere)) !== undefined)
        throw targetExists(this.targetPath);
      // exFAT and some network file systems have no links.
      if (errno !== 'EPERM' && errno !== 'ENOTSUP' && errno !== 'EOPNOTSUPP' && errno !== 'ENOSYS') throw error;
      await rename(this.#names.part, this.targetPath);
      return;
    }
    await rm(this.#names.part);
  }
}

/**
 * Removes what a finished download may have left beside its target: see {@link PartFile}. For a target that stands there
 * whole.
 */
export async function removeLeftovers(folder: string, name: string): Promise<void> {
  const { part, journal } = partNames(name);
  await removeFinished({ part: join(folder, part), journal: join(folder, journal) });
}

type Files = Pick<PartNames, 'part' | 'journal'>;

/** The error for other content under a target's name. */
export function targetExists(path: string): CardumeError {
  return new CardumeError('TARGET_EXISTS', `${path} exists already with other content; move it away, or overwrite it`);
}

/**
 * Removes the part of a download that was finished and died before it could: its bytes have their name already, and
 * writing to them here would change the finished file.
 */
async function removeFinished(names: Files): Promise<void> {
  const stat = await lstat(names.part).catch(noneThere);
  // A folder has several names, too, by the way in which links are counted; it is none of ours.
  if (stat?.isFile() === true && stat.nlink > 1) await removeBoth(names);
}

async function removeBoth({ part, journal }: Files): Promise<void> {
  await rm(part, { force: true });
  await rm(journal, { force: true });
}

/** @throws what is no word of there being nothing */
function noneThere(error: unknown): undefined {
  if (errnoOf(error) !== 'ENOENT') throw error;
}

/** Reads what the journal claims, and begins it anew when it is about something else. */
async function readCandidates(journal: FileHandle, manifest: Manifest): Promise<PieceSet> {
  const { sizeBytes, pieceLengthBytes, digest } = manifest;
  const { size } = await journal.stat();
  const text = size > maxJournalBytes(sizeBytes, pieceLengthBytes) ? '' : await readText(journal, size);
  const found = parseJournal(text);
  const none = new PieceSet(pieceCount(sizeBytes, pieceLengthBytes));
  const candidates = found === undefined ? none : claimedPieces(found, sizeBytes, pieceLengthBytes);
  if (found?.digest === digest && found.pieceLengthBytes === pieceLengthBytes && found.sizeBytes === sizeBytes) {
    // A line that was cut off must not grow together with the next one.
    if (!text.endsWith('\n')) await journal.appendFile('\n');
    return candidates;
  }
  await journal.truncate(0);
  await journal.appendFile(journalHeaderLine(manifest) + [...candidates].map(journalPieceLine).join(''));
  return candidates;
}

async function readText(file: FileHandle, size: number): Promise<string> {
  const bytes = Buffer.alloc(size);
  const { bytesRead } = await file.read(bytes, 0, size, 0);
  return bytes.toString('utf8', 0, bytesRead);
}
