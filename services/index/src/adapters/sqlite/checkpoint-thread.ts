/** Runs in a thread: puts what is in the write-ahead log into the database; see `startCheckpointer`. */
import { DatabaseSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';
import { type CheckpointThreadData, checkpointSql, type LogState, longLogPages } from './checkpointer.ts';

const { file, intervalMs } = workerData as CheckpointThreadData;
const connection = new DatabaseSync(file);
const checkpoint = connection.prepare(checkpointSql);

const running = setInterval(() => {
  const { log } = checkpoint.get() as unknown as LogState;
  if (log < longLogPages) return;
  // What was written meanwhile is little, and after this it is less.
  checkpoint.get();
  parentPort?.postMessage('long');
}, intervalMs);

parentPort?.once('message', () => {
  clearInterval(running);
  connection.close();
});
