import type { ReportFlags } from '../actions/report-failure.ts';
import type { Action } from '../actions/run-action.ts';

/**
 * Runs the action of a subcommand and leaves its exit code to the process. Actions are loaded when they are asked for:
 * `--help` and wrong usage answer at once, without loading gRPC.
 */
export type Run = (flags: ReportFlags, load: () => Promise<Action>) => Promise<void>;
