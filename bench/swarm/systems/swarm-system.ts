import type { StartedProcess } from '../../../tests/support/start-process.ts';
import type { Ends } from '../../data/ends.ts';
import type { Program } from '../../data/program.ts';
import type { Workload } from '../../data/workload.ts';
import type { Member } from '../network.ts';

/** A way to move one file from some machines to others. Add one as a file beside this. */
export interface SwarmSystem {
  readonly name: string;
  /** What it does and what it leaves out, so that nobody reads more into a row than it says. */
  readonly note: string;
  /** What must be installed for it. */
  readonly programs: readonly Program[];
  /** Whether what it downloads is nowhere: it then shows what the links carry, and nothing is compared. */
  readonly keepsNothing?: boolean;
  /** Starts what all machines need besides, and gives a swarm that has nobody in it yet. */
  open(run: SwarmRun): Promise<Swarm>;
}

/** What a system gets for one run. */
export interface SwarmRun {
  /** One file. */
  readonly workload: Workload;
  /** Empty, for whatever it needs. */
  readonly folder: string;
  readonly hub: Member;
  /** Who has the file from the start. */
  readonly sources: readonly Member[];
  /** Who wants it; what they send is shaped as well. */
  readonly downloaders: readonly Member[];
  readonly ends: Ends;
}

/** The processes of a run. */
export interface Swarm {
  /**
   * Starts a source, and resolves when it is ready. A source that was killed is started anew by the same call.
   *
   * @param folder the workload's, or a copy of its own
   * @param canLie whether it must be able to: its folder is then a copy
   */
  startSource(member: Member, folder: string, canLie?: boolean): Promise<Source>;
  /**
   * Downloads to a folder, from all sources and whoever else has something. It resolves when the whole file is there, and
   * the process may go on: it then gives to others.
   *
   * @throws whatever the process wrote that failed; when the signal fires
   */
  download(member: Member, target: string, signal: AbortSignal): Promise<void>;
}

/** A running source. */
export interface Source {
  readonly process: StartedProcess;
  /** Makes what it sends from now on wrong: one byte in each so many. */
  lie?(everyBytes: number): void;
}
