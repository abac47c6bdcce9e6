import { setTimeout as sleep } from 'node:timers/promises';
import { type LocalCopies, type LocalCopy, minCopiedBytes } from '@cardume/client';
import { maxNotedFiles } from './core/limits.ts';
import type { ShareEntry } from './core/share-list.ts';

/** How many are noted at once, between others' turns of the event loop. */
const copiesPerTurn = 100;
/** Noting takes a fifth of the time at most. */
const restFactor = 4;
/** For how long a peer that stops goes on noting, in milliseconds. */
const closingMs = 500;

export interface CopyNotesInit {
  copies: LocalCopies;
  /** How many files are shared. */
  fileCount: () => number;
  /** A clock in milliseconds that is never set back. */
  nowMs: () => number;
}

/**
 * Tells downloads on this machine where the shared files are, so that they copy them and fetch nothing. It goes on in the
 * background, and what is left when the peer stops is left out: it costs a download nothing but time.
 */
export class CopyNotes {
  readonly #init: CopyNotesInit;
  readonly #waiting: ShareEntry[] = [];
  #running: Promise<void> | undefined;
  #closeMs = Number.POSITIVE_INFINITY;
  readonly #closing = new AbortController();

  constructor(init: CopyNotesInit) {
    this.#init = init;
  }

  /** Takes a file that is shared now, whole. Of a share with more of them than the catalogue holds it is the first ones. */
  note(entry: ShareEntry): void {
    if (entry.sizeBytes < minCopiedBytes || entry.modifyTimeMs === undefined) return;
    // With more, each would take the place of another one, at every start.
    if (Math.max(this.#waiting.length, this.#init.fileCount()) > maxNotedFiles) return;
    if (this.#closing.signal.aborted) return;
    this.#waiting.push(entry);
    this.#running ??= this.#run();
  }

  async close(): Promise<void> {
    this.#closeMs = this.#init.nowMs() + closingMs;
    this.#closing.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { copies, nowMs } = this.#init;
    const { signal } = this.#closing;
    // Files come in bursts, and this is not the first thing to be done with them.
    await rest(copiesPerTurn, signal);
    while (this.#waiting.length > 0 && nowMs() < this.#closeMs) {
      const startMs = nowMs();
      await copies.note(this.#waiting.splice(0, copiesPerTurn).map(copyOf)).catch(() => undefined);
      await rest((nowMs() - startMs) * restFactor, signal);
    }
    this.#running = undefined;
  }
}

/** Waits; not when there is no time. */
async function rest(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal, ref: false }).catch(() => undefined);
}

function copyOf({ digest, sizeBytes, path, modifyTimeMs = 0 }: ShareEntry): LocalCopy {
  return { digest, sizeBytes, path, kind: 'file', modifyTimeMs };
}
