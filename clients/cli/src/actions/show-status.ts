import { printable, type Transfer } from '@cardume/client';
import { type FoundProcesses, findProcesses } from '@cardume/client/control';
import { collect } from '../core/collect.ts';
import { controlFolder } from '../core/control-folder.ts';
import { maxCollectedCharacters, maxTransfers } from '../core/limits.ts';
import { jsonLine } from '../core/text/json-line.ts';
import { processLine, transferTable } from '../core/text/process-lines.ts';
import type { Context } from './context.ts';
import { repeatedly } from './repeatedly.ts';

/** The flags of `cardume status`. */
export interface StatusFlags {
  watch?: boolean;
  json?: boolean;
}

/** Shows what the processes of this user on this machine are doing. That there are none is an answer, not a failure. */
export async function showStatus(flags: StatusFlags, context: Context): Promise<number> {
  return repeatedly(flags.watch === true, context, () => showOnce(flags, context));
}

async function showOnce({ json }: StatusFlags, context: Context): Promise<boolean> {
  const { stateHome, interruption, terminal } = context;
  const { signal } = interruption;
  const found = await findProcesses(controlFolder(stateHome), { signal });
  try {
    const all: Transfer[] = [];
    for (const { control, status } of found.processes) {
      const listed = await listOf(control, signal).catch(() => []);
      if (json === true) terminal.print(jsonLine({ type: 'process', ...status, transfers: listed }));
      else terminal.print(processLine(status, Date.now()));
      all.push(...listed);
    }
    if (json !== true && all.length > 0) {
      const [header = '', ...lines] = transferTable(all, terminal);
      terminal.print(terminal.style('result', 'dim', header));
      for (const line of lines) terminal.print(line);
    }
    tellProblems(found, context);
    if (found.processes.length === 0)
      terminal.note('Nothing of Cardume runs here for you: no share, and no download that takes a while.');
    else if (all.length === 0 && json !== true) terminal.note('No transfers.');
    return true;
  } finally {
    for (const { control } of found.processes) control.close();
  }
}

async function listOf(
  control: FoundProcesses['processes'][number]['control'],
  signal: AbortSignal,
): Promise<Transfer[]> {
  const limits = { maxItems: maxTransfers, maxCharacters: maxCollectedCharacters };
  return (await collect(control.transfers({ signal }), limits)).items;
}

/** Says of processes that they do not answer. */
export function tellProblems({ problems }: FoundProcesses, { terminal }: Context): void {
  for (const { error } of problems)
    terminal.note(`${terminal.style('note', 'yellow', 'Note:')} ${printable(error.message)}`);
}
