import type { Ends } from '../ends.ts';
import type { Program } from '../program.ts';
import type { Workload } from '../workload.ts';

/** A way to move files from one end to another, each end in processes of its own. Add one as a file beside this. */
export interface System {
  readonly name: string;
  /** What it does and what it leaves out, so that nobody reads more into a row than it says. */
  readonly note: string;
  /** What must be installed for it. */
  readonly programs: readonly Program[];
  /** Starts the sending end, and resolves when it is ready, with what the receiving end does. Not timed. */
  serve(run: SystemRun): Promise<Receive>;
}

/** Runs the receiving end until all files are there. It is timed: the start of its processes, too. */
export type Receive = () => Promise<unknown>;

/** What a system gets for one run. */
export interface SystemRun {
  readonly workload: Workload;
  /** Empty, for whatever it needs. */
  readonly folder: string;
  /** Empty, on the same file system: where the files of the workload must be in the end, under their names. */
  readonly target: string;
  readonly ends: Ends;
}
