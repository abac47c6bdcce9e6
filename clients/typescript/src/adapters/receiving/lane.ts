import type { RangeJob } from './range-job.ts';
import type { SmallFileOutcome, SmallFilesJob } from './small-files-job.ts';

/** Takes what becomes of a range. */
export interface RangeSink {
  /**
   * Segments are hashed and written; one after the other, in the order of the file.
   *
   * @param start where the first of them begins in the file, in bytes
   * @param roots 32 bytes for each
   */
  onSegments(start: number, roots: Uint8Array): void;
  /** So many bytes came. */
  onReceived(bytes: number): void;
}

/** Takes what becomes of small files. */
export interface SmallFilesSink {
  /** Files of the job, by their index; those that the holder could not give are not among them. */
  onOutcomes(outcomes: readonly SmallFileOutcome[]): void;
  /** So many bytes came. */
  onReceived(bytes: number): void;
}

/** Something that is being received. */
export interface Receiving {
  /**
   * Settles when all of it is written. Nothing is written any more then, whichever way it ended.
   *
   * Rejects with a HolderFailure when the holder is the cause, and with an error of this machine otherwise.
   */
  readonly ended: Promise<void>;
  /** Lets no more come for so many milliseconds. */
  waitFor(waitMs: number): void;
  /** Ends it early; `ended` then rejects with CANCELLED. */
  cancel(): void;
}

/** A connection to one holder that receives, hashes and writes. */
export interface Lane {
  /** Receives a range of a file: one request. Several at once share the connection. */
  receiveRange(job: RangeJob, sink: RangeSink): Receiving;
  /** Receives small files, and gives them their names: one request. */
  receiveSmallFiles(job: SmallFilesJob, sink: SmallFilesSink): Receiving;
  /** The time of a round trip in milliseconds; undefined when that is not known. To be asked after the first request. */
  roundTripMs(): Promise<number | undefined>;
  /** Cuts the connection. */
  close(): void;
}
