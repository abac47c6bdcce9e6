// The main script of a worker thread: it does the jobs that it is sent, in turn, and sends the buffers back.
import { parentPort } from 'node:worker_threads';
import { runSegmentJob, type SegmentJob } from './segment-job.ts';

/** What a worker answers to a job. */
export type SegmentAnswer =
  | { buffer: ArrayBuffer; root: Uint8Array }
  | { buffer: ArrayBuffer; failure: { code: string | undefined; message: string } };

parentPort?.on('message', (job: SegmentJob) => {
  parentPort?.postMessage(answer(job), [job.buffer]);
});

function answer(job: SegmentJob): SegmentAnswer {
  const { buffer } = job;
  try {
    return { buffer, root: runSegmentJob(job) };
  } catch (error) {
    // An error loses its code on its way between threads.
    const { code, message } = error as NodeJS.ErrnoException;
    return { buffer, failure: { code, message } };
  }
}
