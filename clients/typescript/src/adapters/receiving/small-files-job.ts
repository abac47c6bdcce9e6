import type { PlaceOutcome } from '../disk/place-file.ts';

/** A file that is received whole before anything of it is written. */
export interface SmallFileToPlace {
  digest: string;
  /** As it is said: 1 byte to one segment. */
  sizeBytes: number;
  /** Where it is to be, and where it is written before it has its name. */
  path: string;
  partPath: string;
}

/** Files to receive from one holder by one request. */
export interface SmallFilesJob {
  /** Up to 1,000 of them. */
  files: readonly SmallFileToPlace[];
  /** After how many received bytes they are told. */
  tellBytes: number;
  /** Whether nothing more is to come then until `waitFor` says when. */
  isPaced: boolean;
}

/** What became of a file that came. */
export interface SmallFileOutcome {
  /** Its place in the job. */
  index: number;
  outcome: PlaceOutcome;
  durationMs: number;
}
