import { type CardumeError, printable } from '@cardume/client';
import { nextStep } from '../core/next-step.ts';
import { jsonLine } from '../core/text/json-line.ts';
import type { Context } from './context.ts';

/** The flags that decide how a failure is told. */
export interface ReportFlags {
  json?: boolean;
  /** Whether the action talks to an index. */
  indexUsed?: boolean;
  /** Whether it brings bytes to standard output, and keeps none. */
  isStream?: boolean;
}

/**
 * Tells a failure: its message and what can be done about it, for people; with `--json` also an object among the
 * results, for programs.
 *
 * @param name which of several things failed, as the user named it; for programs, since the message names it, too
 */
export function reportFailure(
  { terminal }: Pick<Context, 'terminal'>,
  flags: ReportFlags,
  error: CardumeError,
  name?: string,
): void {
  // A message may have several lines, when it lists what was tried.
  const message = error.message.split('\n').map(printable).join('\n');
  terminal.note(`${terminal.style('note', 'red', 'cardume:')} ${message}`);
  const next = nextStep(error, flags.indexUsed ?? true, flags.isStream);
  if (next !== undefined) terminal.note(`  ${next}`);
  if (flags.json !== true) return;
  terminal.print(jsonLine({ type: 'error', name, reason: error.reason, message: error.message }));
}
