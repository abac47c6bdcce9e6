import { type CardumeError, cardumeErrorFrom, printable } from '@cardume/client';
import type { Context } from './context.ts';
import { exitCodeOf } from './core/exit-code.ts';
import { nextStep } from './core/next-step.ts';
import { jsonLine } from './core/text/json-line.ts';

/** The work of a subcommand: resolves to the exit code, or throws anything. */
export type Action = (context: Context) => Promise<number>;

/** The flags that decide how a failure is told. */
export interface ReportFlags {
  json?: boolean;
  /** Whether the action talks to an index. */
  indexUsed?: boolean;
}

/** Runs an action; whatever it throws is told to the user and becomes an exit code. */
export async function runAction(context: Context, flags: ReportFlags, action: Action): Promise<number> {
  try {
    return await action(context);
  } catch (thrown) {
    context.terminal.clearStatus();
    const interrupted = context.interruption.exitCode;
    if (interrupted !== undefined) return interrupted;
    const error = cardumeErrorFrom(thrown);
    reportFailure(context, flags, error);
    return exitCodeOf(error.reason);
  }
}

/**
 * Tells a failure: its message and what can be done about it, for people; with `--json` also an object among the
 * results, for programs.
 *
 * @param name which of several things failed, as the user named it; for programs, since the message names it, too
 */
export function reportFailure(context: Context, flags: ReportFlags, error: CardumeError, name?: string): void {
  const { terminal } = context;
  // A message may have several lines, when it lists what was tried.
  const message = error.message.split('\n').map(printable).join('\n');
  terminal.note(`${terminal.style('note', 'red', 'cardume:')} ${message}`);
  const next = nextStep(error, flags.indexUsed ?? true);
  if (next !== undefined) terminal.note(`  ${next}`);
  if (flags.json !== true) return;
  terminal.print(jsonLine({ type: 'error', name, reason: error.reason, message: error.message }));
}
