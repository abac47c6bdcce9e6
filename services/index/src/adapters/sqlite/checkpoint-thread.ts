/** Runs in a thread: puts what is in the write-ahead log into the database; see `startCheckpointer`. */
import { DatabaseSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';
import { checkpointIntervalMs, checkpointSql, type LogState, longLogPages } from './checkpointer.ts';

const connection = new DatabaseSync(workerData as string);
const checkpoint = connection.prepare(checkpointSql);

const running = setInterval(() => {
  const { log } = checkpoint.get() as unknown as LogState;
  if (log < longLogPages) return;
  // What was written meanwhile is little, and after this it is less.
  checkpoint.get();
  parentPort?.postMessage('long');
}, checkpointIntervalMs);

parentPort?.once('message', () => {
  clearInterval(running);
  connection.close();
});
