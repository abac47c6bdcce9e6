import { cardumeErrorFrom } from '@cardume/client';
import { exitCodeOf } from '../core/exit-code.ts';
import type { Context } from './context.ts';
import { type ReportFlags, reportFailure } from './report-failure.ts';

/** The work of a subcommand: resolves to the exit code, or throws anything. */
export type Action = (context: Context) => Promise<number>;

/**
 * Runs an action; whatever it throws is told to the user and becomes an exit code. That an interrupted action was
 * cancelled is what was asked for, and no news; any other error is told also then.
 */
export async function runAction(context: Context, flags: ReportFlags, action: Action): Promise<number> {
  try {
    return await action(context);
  } catch (thrown) {
    context.terminal.clearStatus();
    const error = cardumeErrorFrom(thrown);
    const interrupted = context.interruption.exitCode;
    if (interrupted !== undefined && error.reason === 'CANCELLED') return interrupted;
    reportFailure(context, flags, error);
    return exitCodeOf(error.reason);
  }
}
