import { join } from 'node:path';
import { CardumeError, printable } from '@cardume/client';
import { listAuthorityKeys, type RotationStep, rotateAuthority } from '@cardume/index/authority';
import { exitCode } from '../core/exit-code.ts';
import { dayOf } from '../core/text/day.ts';
import { jsonLine } from '../core/text/json-line.ts';
import { renderTable } from '../core/text/table.ts';
import type { Context } from './context.ts';

/** The flags of all commands of `cardume index authority`. */
export interface AuthorityFlags {
  authority?: string;
  json?: boolean;
}

const steps: readonly RotationStep[] = ['add-next', 'sign-with-next', 'retire-previous'];

/** Lists the keys of an authority. */
export async function listKeys(flags: AuthorityFlags, context: Context): Promise<number> {
  const { terminal } = context;
  const keys = await listAuthorityKeys(folderOf(flags, context));
  if (flags.json === true) {
    for (const key of keys) terminal.print(jsonLine({ type: 'key', ...key }));
    return exitCode.done;
  }
  const rows = keys.map(({ keyId, state, notAfter }) => [keyId.slice(0, 16), state, dayOf(notAfter)]);
  const [header = '', ...lines] = renderTable(
    [{ header: 'KEY' }, { header: 'STATE' }, { header: 'ENDS' }],
    rows,
    terminal,
  );
  terminal.print(terminal.style('result', 'dim', header));
  for (const line of lines) terminal.print(line);
  return exitCode.done;
}

/** Takes a step towards another key, and lists the keys. */
export async function rotate(step: string, flags: AuthorityFlags, context: Context): Promise<number> {
  const known = steps.find((one) => one === step);
  if (known === undefined) {
    throw CardumeError.invalidField('STEP', `"${printable(step)}" is none of ${steps.join(', ')}`);
  }
  await rotateAuthority(folderOf(flags, context), known);
  return listKeys(flags, context);
}

function folderOf({ authority }: AuthorityFlags, { stateHome }: Context): string {
  return authority ?? join(stateHome, 'authority');
}
