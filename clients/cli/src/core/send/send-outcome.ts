import { exitCode } from '../exit-code.ts';

/** How the sending of one thing to one peer ended. */
export type SendOutcome =
  | { kind: 'sent'; name: string; alreadyPresent: boolean }
  | { kind: 'refused' | 'failed'; reason: string; message: string };

/** What the command ends with: 4 when all that failed was refused and nothing was sent. */
export function codeOfOutcomes(outcomes: readonly SendOutcome[]): number {
  if (outcomes.every(({ kind }) => kind === 'sent')) return exitCode.done;
  return outcomes.every(({ kind }) => kind === 'refused') ? exitCode.notAllowed : exitCode.failed;
}
