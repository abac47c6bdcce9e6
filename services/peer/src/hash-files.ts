import { setImmediate as nextTurn } from 'node:timers/promises';
import { messageOf, usualPieceLength } from '@cardume/client';
import type { Logger } from '@cardume/service-kit';
import type { DigestCache, HashedFile } from './adapters/digest-cache.ts';
import type { HashPool } from './adapters/hash-pool.ts';
import { settleDelayMs } from './core/file-stamp.ts';
import { HashQueue } from './core/hash-queue.ts';
import { type FileOutcome, type HashFailure, hashFailure } from './core/hash-task.ts';
import { settleMs } from './core/limits.ts';
import type { PeerEvent } from './core/peer-event.ts';
import type { ScannedFile } from './core/scanned-file.ts';
import { type HashWork, LargeFileHasher } from './hash-large-files.ts';
import { HashReporter } from './report-hashing.ts';
import { SettlingFiles } from './settle-files.ts';

export interface FileHasherInit {
  pool: HashPool;
  /** Where what files hash to is kept. What cannot be kept is refused. */
  cache: DigestCache;
  restat: (file: ScannedFile) => Promise<ScannedFile | undefined>;
  /** A clock in milliseconds that is never set back. */
  nowMs: () => number;
  /** The time of day in milliseconds since 1970, to compare with those of files. */
  wallClockMs: () => number;
  logger: Logger;
  onEvent: (event: PeerEvent) => void;
  onHashed: (file: ScannedFile, digest: string) => void;
  /** The file cannot be read. It is tried again when its stamp changes, and by {@link FileHasher.retryRefused}. */
  onRefused: (file: ScannedFile, problem: string) => void;
  /** The file is gone, or is being written to, or is no longer wanted: for now, nothing comes of it. */
  onPutOff: (name: string) => void;
}

/** How many tasks are handed out for each thread: the next one is at hand when one is done. */
const tasksPerThread = 2;

/**
 * Hashes files as they come: lets each settle, queues it, hands it to a thread, or to several if it is large, and sees
 * whether it changed meanwhile.
 *
 * It owns every file between the scan that found it and the list that shares it; at each moment such a file is in one
 * place: settling, queued, in threads, or refused.
 */
export class FileHasher {
  readonly #init: FileHasherInit;
  readonly #queue = new HashQueue();
  readonly #settling: SettlingFiles;
  readonly #reporter: HashReporter;
  readonly #files = new Map<string, ScannedFile>();
  /** The names of refused files that may be readable later although they do not change. */
  readonly #refused = new Set<string>();
  readonly #large: LargeFileHasher;
  /** A file of each task that is handed out, for the display. */
  readonly #running = new Set<ScannedFile>();
  #taskCount = 0;
  #turns = Promise.resolve();
  #closed = false;

  constructor(init: FileHasherInit) {
    const { pool, cache, restat, wallClockMs, nowMs, logger, onEvent } = init;
    this.#init = init;
    this.#settling = new SettlingFiles({ restat, wallClockMs, onTime: (file, now) => this.#lookAgain(file, now) });
    this.#reporter = new HashReporter({
      counterBytes: () => pool.hashedBytes,
      currentName: () => this.#running.values().next().value?.name,
      nowMs,
      logger,
      onEvent,
    });
    this.#large = new LargeFileHasher({
      pool,
      cache,
      nowMs,
      take: () => this.#queue.takeLarge(),
      isWanted: (file) => this.#isWanted(file),
      onResumed: (bytes) => this.#reporter.resume(bytes),
      onOutcome: (file, outcome) => this.#conclude([[file, outcome]]),
    });
  }

  /** Whether any of them is on its way: settling, queued or in threads. */
  get isBusy(): boolean {
    return this.#taskCount > 0 || this.#queue.size > 0 || this.#settling.size > 0;
  }

  /** The names of all files that it has. */
  names(): Iterable<string> {
    return this.#files.keys();
  }

  /** The stamp of the file that it has under a name. */
  stamp(name: string): string | undefined {
    return this.#files.get(name)?.stamp;
  }

  /** Takes a file, in place of any other of that name. */
  put(file: ScannedFile): void {
    const { name } = file;
    const changed = this.#files.has(name);
    this.#forget(name);
    this.#files.set(name, file);
    if (changed) this.#putOff(name);
    else this.#reporter.add(file);
    this.#admit(file);
  }

  /** Lets go of a file. */
  drop(name: string): void {
    this.#forget(name);
    this.#reporter.reportWhenDone();
    this.#init.onPutOff(name);
  }

  /** Tries the files again that were refused for a reason which may have passed: a full disk, too many open files. */
  retryRefused(): void {
    for (const name of [...this.#refused]) {
      this.#refused.delete(name);
      const file = this.#files.get(name);
      if (file !== undefined) this.#admit(file);
    }
  }

  /** Reports how far hashing is. */
  report(): void {
    this.#reporter.report();
  }

  /** Ends at once, whatever is being hashed; the pieces of large files that have been hashed are kept. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#settling.close();
    this.#reporter.close();
    try {
      this.#large.keepPieces();
    } catch (error) {
      this.#init.logger.warn({ problem: messageOf(error) }, 'cannot keep what was hashed of large files');
    }
    await this.#init.pool.close();
  }

  #forget(name: string): void {
    this.#files.delete(name);
    this.#settling.drop(name);
    this.#refused.delete(name);
    this.#queue.drop(name);
    this.#reporter.drop(name);
  }

  /** Queues a file that has settled, and sets the others aside. */
  #admit(file: ScannedFile): void {
    const waitMs = settleDelayMs(file.changeTimeMs, this.#init.wallClockMs());
    if (waitMs > 0) {
      this.#settling.put(file, waitMs);
      return;
    }
    this.#reporter.add(file);
    this.#queue.put(file);
    this.#pump();
  }

  #lookAgain(file: ScannedFile, now: ScannedFile | undefined): void {
    if (now === undefined) {
      this.drop(file.name);
      return;
    }
    this.#files.set(now.name, now);
    if (now.stamp !== file.stamp) this.#putOff(now.name);
    this.#admit(now);
  }

  /** Nobody waits for a file that is being written to: that may go on for ever. */
  #putOff(name: string): void {
    this.#reporter.drop(name);
    this.#reporter.reportWhenDone();
    this.#init.onPutOff(name);
  }

  #pump(): void {
    while (!this.#closed && this.#taskCount < this.#init.pool.threads * tasksPerThread) {
      const work = this.#nextSmall() ?? this.#large.next();
      if (work === undefined) return;
      this.#taskCount += 1;
      void this.#run(work);
    }
  }

  async #run(work: HashWork): Promise<void> {
    this.#running.add(work.file);
    await work.run();
    this.#running.delete(work.file);
    this.#taskCount -= 1;
    this.#pump();
  }

  #nextSmall(): HashWork | undefined {
    const files = this.#queue.takeSmall();
    const [file] = files;
    return file === undefined ? undefined : { file, run: () => this.#hashSmall(files) };
  }

  async #hashSmall(files: ScannedFile[]): Promise<void> {
    let outcomes: FileOutcome[];
    try {
      outcomes = await this.#init.pool.hashFiles(files);
    } catch (error) {
      outcomes = files.map(() => hashFailure(error));
    }
    await this.#myTurn();
    const results: [ScannedFile, FileOutcome][] = [];
    for (const [position, file] of files.entries()) {
      const outcome = outcomes[position];
      if (outcome !== undefined) results.push([file, outcome]);
      else if (this.#isWanted(file)) this.#queue.put(file);
    }
    this.#conclude(results);
  }

  /** Results come in bursts; each has a turn of the event loop of its own, so that others have theirs in between. */
  #myTurn(): Promise<void> {
    this.#turns = this.#turns.then(() => nextTurn());
    return this.#turns;
  }

  #isWanted(file: ScannedFile): boolean {
    return this.#files.get(file.name) === file;
  }

  #conclude(results: [ScannedFile, FileOutcome][]): void {
    if (this.#closed) return;
    const wanted = results.filter(([file]) => this.#isWanted(file));
    let keepFailure: HashFailure | undefined;
    try {
      this.#init.cache.keep(wanted.flatMap(([file, outcome]) => keepable(file, outcome)));
    } catch (error) {
      keepFailure = hashFailure(error);
    }
    for (const [file, outcome] of wanted) {
      this.#concludeOne(file, outcome.result === 'hashed' && keepFailure !== undefined ? keepFailure : outcome);
    }
  }

  #concludeOne(file: ScannedFile, outcome: FileOutcome): void {
    const { name } = file;
    switch (outcome.result) {
      case 'gone':
        this.drop(name);
        return;
      case 'changed':
        this.#putOff(name);
        this.#settling.put(file, settleMs);
        return;
      case 'hashed':
        this.#files.delete(name);
        this.#reporter.done(name);
        this.#init.onHashed(file, outcome.digest);
        break;
      case 'unreadable':
        this.#reporter.done(name);
        if (outcome.mayPass) this.#refused.add(name);
        this.#init.onRefused(file, outcome.problem);
    }
    this.#reporter.reportWhenDone();
  }
}

function keepable(file: ScannedFile, outcome: FileOutcome): HashedFile[] {
  if (outcome.result !== 'hashed') return [];
  const { sizeBytes } = file;
  const { digest, pieceHashes } = outcome;
  // A single piece's hash is the digest.
  const bytes = pieceHashes ?? (sizeBytes === 0 ? new Uint8Array() : Buffer.from(digest, 'hex'));
  const pieceLengthBytes = usualPieceLength(sizeBytes);
  return [{ file, manifest: { digest, sizeBytes, pieceLengthBytes, pieceHashes: Buffer.from(bytes) } }];
}
