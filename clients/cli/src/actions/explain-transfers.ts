import { CardumeError, type ProcessLoad, printable, type Transfer } from '@cardume/client';
import { type ControlClient, findProcesses } from '@cardume/client/control';
import { collect } from '../core/collect.ts';
import { controlFolder } from '../core/control-folder.ts';
import { maxCollectedCharacters, maxTransfers } from '../core/limits.ts';
import { jsonLine } from '../core/text/json-line.ts';
import { doneText, nameText, sourceTable } from '../core/text/process-lines.ts';
import { chooseTransfers } from '../core/why/choose-transfers.ts';
import { explainTransfer } from '../core/why/explain-transfer.ts';
import { rateText } from '../core/why/rate-text.ts';
import type { Context } from './context.ts';
import { repeatedly } from './repeatedly.ts';
import { tellProblems } from './show-status.ts';

/** The flags of `cardume why`. */
export interface WhyFlags {
  watch?: boolean;
  json?: boolean;
}

/** How many are explained at once: each is measured for a moment. */
const maxExplained = 20;

/** Says why transfers are as fast as they are: the one that is named, or all downloads. */
export async function explainTransfers(named: string | undefined, flags: WhyFlags, context: Context): Promise<number> {
  let wasThere = false;
  return repeatedly(flags.watch === true, context, async () => {
    const shown = await explainOnce(named, flags, context);
    if (named !== undefined && !shown && !wasThere) throw unknown(named);
    if (named !== undefined && !shown) context.terminal.note('It has ended.');
    wasThere = true;
    return named === undefined || shown;
  });
}

/** @returns whether there was anything to explain */
async function explainOnce(named: string | undefined, { json }: WhyFlags, context: Context): Promise<boolean> {
  const { stateHome, interruption, terminal } = context;
  const { signal } = interruption;
  const found = await findProcesses(controlFolder(stateHome), { signal });
  try {
    const limits = { maxItems: maxTransfers, maxCharacters: maxCollectedCharacters };
    const listed: { control: ControlClient; transfer: Transfer }[] = [];
    for (const { control } of found.processes) {
      const { items } = await collect(control.transfers({ signal }), limits).catch(() => ({ items: [] as Transfer[] }));
      listed.push(...items.map((transfer) => ({ control, transfer })));
    }
    tellProblems(found, context);
    const chosen = chooseTransfers(listed, named);
    for (const { control, transfer } of chosen.slice(0, maxExplained)) {
      const now = await control.transfer(transfer.id, { signal }).catch(() => undefined);
      // It has ended meanwhile.
      if (now === undefined) continue;
      show(now.transfer, now.load, json === true, context);
    }
    if (chosen.length > maxExplained)
      terminal.note(`And ${chosen.length - maxExplained} more; name one of them by its id.`);
    if (chosen.length === 0 && named === undefined)
      terminal.note('Nothing is being downloaded or uploaded here for you now.');
    return chosen.length > 0;
  } finally {
    for (const { control } of found.processes) control.close();
  }
}

function show(transfer: Transfer, load: ProcessLoad | undefined, json: boolean, { terminal }: Context): void {
  const reasons = explainTransfer(transfer, load);
  if (json) {
    terminal.print(jsonLine({ type: 'transfer', ...transfer, load: load ?? null, reasons }));
    return;
  }
  const rate = `${transfer.direction} ${doneText(transfer)}, ${rateText(transfer.bytesPerSecond)}`;
  terminal.print(`${terminal.style('result', 'bold', printable(transfer.id))} ${nameText(transfer)}: ${rate}`);
  for (const reason of reasons) terminal.print(`  ${reason}`);
  if (transfer.sources.length === 0) return;
  const columns = terminal.columns === undefined ? undefined : terminal.columns - 2;
  const [header = '', ...lines] = sourceTable(transfer, { columns, widthOf: terminal.widthOf });
  terminal.print(terminal.style('result', 'dim', `  ${header}`));
  for (const line of lines) terminal.print(`  ${line}`);
}

function unknown(named: string): CardumeError {
  return new CardumeError(
    'TRANSFER_UNKNOWN',
    `nothing that is under way here for you is ${printable(named)}; cardume status lists what is`,
  );
}
