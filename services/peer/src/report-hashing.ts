import { printable } from '@cardume/client';
import type { Logger } from '@cardume/service-kit';
import { HashProgress } from './core/hash-progress.ts';
import { logProgressIntervalMs, reportIntervalMs } from './core/limits.ts';
import type { PeerEvent } from './core/peer-event.ts';
import type { ScannedFile } from './core/scanned-file.ts';

export interface HashReporterInit {
  /** How many bytes were hashed since the process began. */
  counterBytes: () => number;
  /** A file that is being hashed now, by its name. */
  currentName: () => string | undefined;
  /** A clock in milliseconds that is never set back. */
  nowMs: () => number;
  logger: Logger;
  onEvent: (event: PeerEvent) => void;
}

/** Tells how far hashing is: as events for a display, and every now and then in the log. */
export class HashReporter {
  readonly #init: HashReporterInit;
  readonly #progress = new HashProgress();
  #timer: NodeJS.Timeout | undefined;
  #nextLogMs = 0;
  #logged = false;

  constructor(init: HashReporterInit) {
    this.#init = init;
  }

  /** A file is to be hashed. */
  add({ name, sizeBytes }: ScannedFile): void {
    const { counterBytes, nowMs } = this.#init;
    this.#progress.add(name, sizeBytes, counterBytes());
    if (this.#timer !== undefined) return;
    this.#nextLogMs = nowMs() + logProgressIntervalMs;
    this.#logged = false;
    this.#timer = setInterval(() => this.report(), reportIntervalMs);
  }

  /** A part of a file need not be hashed, since an earlier run has done so. */
  resume(bytes: number): void {
    this.#progress.resume(bytes);
  }

  /** A file need not be hashed any more, or not yet. */
  drop(name: string): void {
    this.#progress.drop(name);
  }

  /** A file was hashed, or could not be. */
  done(name: string): void {
    this.#progress.done(name);
  }

  /** Reports the end when nothing is left. To be called after {@link drop} and {@link done}. */
  reportWhenDone(): void {
    if (this.#progress.busy || this.#timer === undefined) return;
    this.close();
    this.report();
  }

  /** Reports how far hashing is. */
  report(): void {
    const { counterBytes, currentName, nowMs, onEvent } = this.#init;
    const name = currentName();
    const event = this.#progress.event(counterBytes(), nowMs(), name === undefined ? undefined : printable(name));
    onEvent(event);
    const { type: _type, ...figures } = event;
    // Hashing that is over before its first line is due needs none.
    if (nowMs() >= this.#nextLogMs && this.#progress.busy) this.#log(figures, 'hashing');
    else if (!this.#progress.busy && this.#logged) this.#log(figures, 'hashing is done');
  }

  close(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #log(figures: Record<string, unknown>, message: string): void {
    this.#init.logger.info(figures, message);
    this.#logged = message === 'hashing';
    this.#nextLogMs = this.#init.nowMs() + logProgressIntervalMs;
  }
}
