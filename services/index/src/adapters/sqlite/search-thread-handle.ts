import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { CardumeError } from '@cardume/client/errors';
import { threadEnv } from '@cardume/client/threads';
import type { FoundPage } from '../../core/search/search-files.ts';
import type { Searcher } from '../../core/search/searcher.ts';
import { errorOfFailure, type FromSearchThread, type ToSearchThread } from './search-message.ts';

interface Waiting {
  resolve: (page: FoundPage) => void;
  reject: (error: unknown) => void;
}

/** One thread that searches, as the others see it. */
export class SearchThread implements Searcher {
  readonly #worker: Worker;
  readonly #ended: Promise<unknown>;
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;

  /** @param onFailure told when it ends by itself; what it was to find fails then, as by a stop */
  constructor(file: string, onFailure: (error: unknown) => void) {
    const script = new URL(`./search-thread${extname(import.meta.url)}`, import.meta.url);
    this.#worker = new Worker(script, { workerData: file, env: threadEnv() });
    this.#worker.unref();
    this.#worker.on('message', (answer: FromSearchThread) => this.#take(answer));
    let failure: unknown;
    this.#worker.on('error', (error) => {
      failure = error;
      onFailure(error);
    });
    this.#ended = new Promise((resolve) => {
      this.#worker.once('exit', () => {
        const message = 'a search ended with the thread that it was in; try again';
        for (const { reject } of this.#waiting.values()) {
          reject(new CardumeError('STORAGE_UNAVAILABLE', message, { cause: failure, retryDelayMs: 1_000 }));
        }
        resolve(undefined);
      });
    });
  }

  /** How many searches it has under way. */
  get searchCount(): number {
    return this.#waiting.size;
  }

  async search(...[user, request, nowMs, signal]: Parameters<Searcher['search']>): Promise<FoundPage> {
    signal.throwIfAborted();
    this.#lastId += 1;
    const id = this.#lastId;
    const { promise, resolve, reject } = Promise.withResolvers<FoundPage>();
    const abort = (): void => {
      this.#waiting.delete(id);
      this.#tell({ kind: 'abort', id });
      reject(signal.reason);
    };
    signal.addEventListener('abort', abort, { once: true });
    this.#waiting.set(id, { resolve, reject });
    this.#tell({ kind: 'search', id, user, request, nowMs });
    return promise.finally(() => signal.removeEventListener('abort', abort));
  }

  /** Ends it; resolves when it has the database closed. */
  async stop(): Promise<void> {
    this.#worker.ref();
    this.#tell({ kind: 'stop' });
    await this.#ended;
  }

  #tell(message: ToSearchThread): void {
    this.#worker.postMessage(message);
  }

  #take(answer: FromSearchThread): void {
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if (answer.kind === 'found') waiting?.resolve(answer.page);
    else waiting?.reject(errorOfFailure(answer.failure));
  }
}
