import { availableParallelism } from 'node:os';
import { maxSearchThreads } from '../../core/limits.ts';
import { type SearchableCatalog, viewForUser } from '../../core/rights/view-for-user.ts';
import { directKeyOf } from '../../core/search/direct-key.ts';
import { parseQuery } from '../../core/search/parse-query.ts';
import { type FoundPage, findPage, isMiss } from '../../core/search/search-files.ts';
import type { Searcher } from '../../core/search/searcher.ts';
import { searchInCatalog } from '../search-in-catalog.ts';
import { SearchThread } from './search-thread-handle.ts';

/** Whoever opens a database for a moment needs none. */
const startAfterMs = 500;

/** What made a thread fail may be over by then, as a disk that had no room. */
const usualRestartAfterMs = 10_000;

/** What threads are started with. */
export interface SearchThreadsInit {
  /** A database in a file. */
  file: string;
  /** The same, open in this thread. */
  catalog: SearchableCatalog;
  /** Told when a thread has failed. The others go on; without any, all is searched in this thread. */
  onFailure: (error: unknown) => void;
  /** After how long another takes the place of one that failed, in milliseconds. Default: 10,000 */
  restartAfterMs?: number;
}

/**
 * Searches in threads of their own, one for each processor but one: what goes by parts of names takes a thread for
 * milliseconds at a time, and all other calls would wait for this one. Exact names and digests take less than it costs to ask
 * another thread, and are found here.
 *
 * What was committed before a search is found by it, as everywhere.
 */
export class SearchThreads implements Searcher {
  readonly #init: SearchThreadsInit;
  readonly #here: Searcher;
  /** What starts threads later. */
  readonly #starting = new Set<NodeJS.Timeout>();
  #threads: SearchThread[] | undefined;
  #isStopped = false;

  constructor(init: SearchThreadsInit) {
    this.#init = init;
    this.#here = searchInCatalog(init.catalog);
    this.#later(startAfterMs, () => this.#started());
  }

  async search(...search: Parameters<Searcher['search']>): Promise<FoundPage> {
    const [user, request, nowMs, signal] = search;
    const plan = parseQuery(request);
    if (directKeyOf(plan.candidates) !== undefined) {
      const page = await findPage(viewForUser(this.#init.catalog, user), request, nowMs, signal, plan);
      // To find what else could be meant takes as long as by parts of names.
      if (!isMiss(request, page)) return page;
    }
    return (this.#idlest() ?? this.#here).search(...search);
  }

  /** Ends them; resolves when none has the database open. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    for (const timer of this.#starting) clearTimeout(timer);
    await Promise.all((this.#threads ?? []).map((thread) => thread.stop()));
  }

  #started(): SearchThread[] {
    this.#threads ??= Array.from({ length: threadCount() }, () => this.#startOne());
    return this.#threads;
  }

  #startOne(): SearchThread {
    const { file, onFailure, restartAfterMs = usualRestartAfterMs } = this.#init;
    const thread = new SearchThread(file, (error) => {
      this.#threads = this.#threads?.filter((one) => one !== thread);
      if (!this.#isStopped) this.#later(restartAfterMs, () => this.#threads?.push(this.#startOne()));
      onFailure(error);
    });
    return thread;
  }

  #later(afterMs: number, start: () => void): void {
    const timer = setTimeout(() => {
      this.#starting.delete(timer);
      start();
    }, afterMs).unref();
    this.#starting.add(timer);
  }

  /** The one with the fewest searches under way; undefined when all have failed. */
  #idlest(): SearchThread | undefined {
    return this.#started().toSorted((a, b) => a.searchCount - b.searchCount)[0];
  }
}

function threadCount(): number {
  return Math.max(1, Math.min(maxSearchThreads, availableParallelism() - 1));
}
