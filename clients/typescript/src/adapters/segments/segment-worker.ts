// The main script of a worker thread: it does the jobs that it is sent, in turn, and sends their buffers back.
import { parentPort } from 'node:worker_threads';
import { type PlaceJob, type PlaceOutcome, placeFile } from '../disk/place-file.ts';
import { runSegmentJob, type SegmentJob } from './segment-job.ts';

/** What a worker is sent. */
export type WorkerJob = { kind: 'segment'; job: SegmentJob } | { kind: 'place'; job: PlaceJob };

/** What a worker answers: the root of a segment, or what became of a file. */
export type WorkerAnswer =
  | { buffer: ArrayBuffer; done: Uint8Array | PlaceOutcome }
  | { buffer: ArrayBuffer; failure: { code: string | undefined; message: string } };

parentPort?.on('message', (given: WorkerJob) => {
  parentPort?.postMessage(answer(given), [given.job.buffer]);
});

function answer(given: WorkerJob): WorkerAnswer {
  const { buffer } = given.job;
  try {
    return { buffer, done: given.kind === 'segment' ? runSegmentJob(given.job) : placeFile(given.job) };
  } catch (error) {
    // An error loses its code on its way between threads.
    const { code, message } = error as NodeJS.ErrnoException;
    return { buffer, failure: { code, message } };
  }
}
