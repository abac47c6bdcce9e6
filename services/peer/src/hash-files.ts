import { type Manifest, messageOf, printable } from '@cardume/client';
import type { HashOutcome, HashPool } from './adapters/hash-pool.ts';
import { settleDelayMs } from './core/file-stamp.ts';
import { HashProgress } from './core/hash-progress.ts';
import { HashQueue } from './core/hash-queue.ts';
import { reportIntervalMs, settleMs } from './core/limits.ts';
import type { PeerEvent } from './core/peer-event.ts';
import type { ScannedFile } from './core/scanned-file.ts';

export interface FileHasherInit {
  pool: HashPool;
  restat: (file: ScannedFile) => Promise<ScannedFile | undefined>;
  /** The time of day in milliseconds since 1970, to compare with those of files. */
  wallClockMs: () => number;
  onEvent: (event: PeerEvent) => void;
  /** Stores what a file hashed to. When this fails, the file is refused. */
  keep: (file: ScannedFile, manifest: Manifest) => void;
  onHashed: (file: ScannedFile, digest: string) => void;
  /** The file cannot be read. It is tried again when its stamp changes, and by {@link FileHasher.retryRefused}. */
  onRefused: (file: ScannedFile, problem: string) => void;
  /** The file is gone, or is being written to, or is no longer wanted: for now, nothing comes of it. */
  onPutOff: (name: string) => void;
}

/** How many files are handed out for each thread: the next one is at hand when a small one is done. */
const filesPerThread = 2;

/**
 * Hashes files as they come: lets each settle, queues it, hands it to a thread, and sees whether it changed meanwhile.
 *
 * It owns every file between the scan that found it and the list that shares it; at each moment such a file is in one
 * place: settling, queued, in a thread, or refused.
 */
export class FileHasher {
  readonly #init: FileHasherInit;
  readonly #queue: HashQueue;
  readonly #progress = new HashProgress();
  readonly #files = new Map<string, ScannedFile>();
  /** When to look again at files that were written to just now. */
  readonly #settleAtMs = new Map<string, number>();
  /** The names of refused files that may be readable later although they do not change. */
  readonly #refused = new Set<string>();
  readonly #running = new Set<ScannedFile>();
  #settleTimer: NodeJS.Timeout | undefined;
  #reportTimer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(init: FileHasherInit) {
    this.#init = init;
    this.#queue = new HashQueue(init.pool.threads);
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
    else this.#count(file);
    this.#admit(file);
  }

  /** Lets go of a file. */
  drop(name: string): void {
    this.#forget(name);
    this.#reportWhenDone();
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
    const [running] = this.#running;
    const name = running === undefined ? undefined : printable(running.name);
    this.#init.onEvent(this.#progress.event(this.#init.pool.hashedBytes, name));
  }

  /** Ends at once, whatever is being hashed. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#settleTimer);
    clearInterval(this.#reportTimer);
    await this.#init.pool.close();
  }

  #forget(name: string): void {
    this.#files.delete(name);
    this.#settleAtMs.delete(name);
    this.#refused.delete(name);
    this.#queue.drop(name);
    this.#progress.drop(name);
  }

  #count({ name, sizeBytes }: ScannedFile): void {
    this.#progress.add(name, sizeBytes, this.#init.pool.hashedBytes);
    this.#reportTimer ??= setInterval(() => this.report(), reportIntervalMs);
  }

  #reportWhenDone(): void {
    if (this.#progress.busy || this.#reportTimer === undefined) return;
    clearInterval(this.#reportTimer);
    this.#reportTimer = undefined;
    this.report();
  }

  /** Queues a file that has settled, and sets the others aside. */
  #admit(file: ScannedFile): void {
    const nowMs = this.#init.wallClockMs();
    const waitMs = settleDelayMs(file.changeTimeMs, nowMs);
    if (waitMs > 0) {
      this.#setAside(file, nowMs + waitMs);
      return;
    }
    this.#count(file);
    this.#queue.put(file);
    this.#pump();
  }

  #setAside(file: ScannedFile, untilMs: number): void {
    this.#settleAtMs.set(file.name, untilMs);
    this.#settleTimer ??= setTimeout(() => this.#lookAtSettling(), settleMs / 4);
  }

  async #lookAtSettling(): Promise<void> {
    const nowMs = this.#init.wallClockMs();
    for (const [name, atMs] of [...this.#settleAtMs]) {
      const file = this.#files.get(name);
      if (file === undefined || atMs > nowMs) continue;
      const now = await this.#init.restat(file);
      // A scan may have replaced it meanwhile.
      if (this.#closed || this.#files.get(name) !== file) continue;
      this.#settleAtMs.delete(name);
      if (now === undefined) this.drop(name);
      else this.#admitAgain(now, now.stamp === file.stamp);
    }
    this.#settleTimer = undefined;
    if (!this.#closed && this.#settleAtMs.size > 0) {
      this.#settleTimer = setTimeout(() => this.#lookAtSettling(), settleMs / 4);
    }
  }

  #admitAgain(file: ScannedFile, unchanged: boolean): void {
    this.#files.set(file.name, file);
    if (!unchanged) this.#putOff(file.name);
    this.#admit(file);
  }

  /** Nobody waits for a file that is being written to: that may go on for ever. */
  #putOff(name: string): void {
    this.#progress.drop(name);
    this.#reportWhenDone();
    this.#init.onPutOff(name);
  }

  #pump(): void {
    while (!this.#closed && this.#running.size < this.#init.pool.threads * filesPerThread) {
      const file = this.#queue.take();
      if (file === undefined) return;
      this.#running.add(file);
      void this.#hash(file);
    }
  }

  async #hash(file: ScannedFile): Promise<void> {
    const outcome = await this.#outcomeOf(file);
    this.#running.delete(file);
    this.#queue.ended(file);
    if (this.#closed) return;
    if (this.#files.get(file.name) === file) this.#conclude(file, outcome);
    this.#pump();
  }

  async #outcomeOf(file: ScannedFile): Promise<HashOutcome> {
    try {
      const outcome = await this.#init.pool.hash(file);
      if (outcome.result === 'hashed') this.#init.keep(file, manifestOf(file, outcome));
      return outcome;
    } catch (error) {
      return { result: 'unreadable', problem: `it could not be hashed: ${messageOf(error)}`, mayPass: true };
    }
  }

  #conclude(file: ScannedFile, outcome: HashOutcome): void {
    const { name } = file;
    switch (outcome.result) {
      case 'gone':
        this.drop(name);
        return;
      case 'changed':
        this.#putOff(name);
        this.#setAside(file, this.#init.wallClockMs() + settleMs);
        return;
      case 'hashed':
        this.#files.delete(name);
        this.#progress.done(name);
        this.#init.onHashed(file, outcome.digest);
        break;
      case 'unreadable':
        this.#progress.done(name);
        if (outcome.mayPass) this.#refused.add(name);
        this.#init.onRefused(file, outcome.problem);
    }
    this.#reportWhenDone();
  }
}

function manifestOf({ sizeBytes }: ScannedFile, outcome: HashOutcome & { result: 'hashed' }): Manifest {
  const { digest, pieceLengthBytes, pieceHashes } = outcome;
  return { digest, sizeBytes, pieceLengthBytes, pieceHashes: Buffer.from(pieceHashes) };
}
