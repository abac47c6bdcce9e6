import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { threadEnv } from '@cardume/client/threads';
import type { Database } from './database.ts';

/** Puts into the database what it can without waiting for anybody. */
export const checkpointSql = 'PRAGMA wal_checkpoint(PASSIVE)';

/** Of what that answers: how many pages the log has. */
export interface LogState {
  log: number;
}

/** From how many pages of 4 KiB on the log is begun anew. */
export const longLogPages = 16_384;

/** After how many pages SQLite does in this thread what the other one should have done. */
export const longestLogPages = 4 * longLogPages;

/** SQLite's own value: with no other thread. */
const usualLogPages = 1_000;

/** How often the thread looks for what to put into the database: pages that are written again and again go there once. */
export const checkpointIntervalMs = 500;

/** The thread that puts into the database what was written into its log. */
export interface Checkpointer {
  /** Resolves when nothing of it has the database open any more. */
  stop(): Promise<void>;
}

/**
 * Puts into the database what was written into its log, in a thread of its own, since that takes a synchronised write of all
 * pages that changed: of thousands of renewals a second, some ten milliseconds each time.
 *
 * Only a writer who has seen all of the log in the database begins it anew, and others write all the time. So when it is long, the
 * thread tells this one, which puts what little came since into the database itself.
 *
 * @param database open, with nobody else but this process, and not in exclusive mode
 * @param onFailure told when the thread failed, and SQLite does all of it in this one; and when this one failed
 */
export function startCheckpointer(database: Database, file: string, onFailure: (error: unknown) => void): Checkpointer {
  const finish = database.query<LogState>(checkpointSql);
  let worker: Worker | undefined;
  let ended: Promise<unknown> | undefined;
  // Whoever opens a database for a moment needs none.
  const starting = setTimeout(() => {
    const script = new URL(`./checkpoint-thread${extname(import.meta.url)}`, import.meta.url);
    const started = new Worker(script, { workerData: file, env: threadEnv() });
    worker = started;
    started.unref();
    started.on('message', () => {
      // It fails as on a full disk. The log grows on; the next transaction that does not fit says so to its caller.
      void database.outside(() => finish.get()).catch(onFailure);
    });
    started.on('error', (error) => {
      database.query(`PRAGMA wal_autocheckpoint = ${usualLogPages}`).get();
      onFailure(error);
    });
    ended = new Promise((resolve) => started.once('exit', resolve));
  }, checkpointIntervalMs).unref();
  return {
    async stop() {
      clearTimeout(starting);
      worker?.ref();
      worker?.postMessage('stop');
      await ended;
    },
  };
}
