import type { SegmentJob } from './segment-job.ts';

/** Hashes and writes segments. */
export interface SegmentRunner {
  /**
   * Runs a job. Its buffer belongs to the runner until it is done, and is then given back, since a thread that gets it takes
   * it away from here.
   *
   * @throws an error of the operating system
   */
  run(job: SegmentJob): Promise<{ root: Uint8Array; buffer: ArrayBuffer }>;
  /** Gives up the claim on it; after the jobs that were begun. */
  close(): Promise<void>;
}
