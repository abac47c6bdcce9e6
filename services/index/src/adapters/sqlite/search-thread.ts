/** Runs in a thread: searches the database; see `SearchThreads`. */
import { parentPort, workerData } from 'node:worker_threads';
import { searchInCatalog } from '../search-in-catalog.ts';
import { openReader } from './open-reader.ts';
import { type FromSearchThread, failureOfError, type ToSearchThread } from './search-message.ts';

const reader = openReader(workerData as string);
const searcher = searchInCatalog(reader.catalog);
/** What is under way, to be aborted. */
const searches = new Map<number, AbortController>();

async function search({ id, user, request, nowMs }: Extract<ToSearchThread, { kind: 'search' }>): Promise<void> {
  const aborting = new AbortController();
  searches.set(id, aborting);
  let answer: FromSearchThread;
  try {
    answer = { kind: 'found', id, page: await searcher.search(user, request, nowMs, aborting.signal) };
  } catch (error) {
    answer = { kind: 'failed', id, failure: failureOfError(error) };
  }
  searches.delete(id);
  if (!aborting.signal.aborted) parentPort?.postMessage(answer);
}

parentPort?.on('message', (message: ToSearchThread) => {
  if (message.kind === 'search') void search(message);
  else if (message.kind === 'abort') searches.get(message.id)?.abort();
  else {
    for (const aborting of searches.values()) aborting.abort();
    parentPort?.close();
    reader.close();
  }
});
