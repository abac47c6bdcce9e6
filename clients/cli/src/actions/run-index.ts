import { join } from 'node:path';
import { formatAddress } from '@cardume/client';
import { startIndex } from '@cardume/index';
import { untilAborted } from '../adapters/until-aborted.ts';
import { exitCode } from '../core/exit-code.ts';
import { defaultIndexAddress } from '../core/settings/default-index-address.ts';
import type { LogFlags } from '../core/settings/log-flags.ts';
import { jsonLine } from '../core/text/json-line.ts';
import type { Context } from './context.ts';

/** The flags of `cardume index`. */
export interface RunIndexFlags extends LogFlags {
  listen: string;
  database?: string;
  /** In milliseconds. */
  lease: number;
  metrics?: string;
  insecure?: boolean;
  json?: boolean;
}

/** Runs an index until the command is interrupted: a server that is asked to stop has done its job. */
export async function runIndex(flags: RunIndexFlags, context: Context): Promise<number> {
  const { terminal, interruption, stateHome } = context;
  const { listen, insecure = false, lease, metrics, logLevel, logFormat } = flags;
  const database = flags.database ?? `sqlite:${join(stateHome, 'index.db')}`;
  const index = await startIndex({ listen, insecure, database, leaseTtlMs: lease, metrics, logLevel, logFormat });
  const address = formatAddress(index.address);
  const metricsAddress = index.metricsAddress === undefined ? undefined : formatAddress(index.metricsAddress);
  if (flags.json === true) {
    terminal.print(jsonLine({ type: 'listening', address, metricsAddress }));
  } else if (terminal.interactive) {
    const hint = address === defaultIndexAddress ? '' : ` --index ${address}`;
    terminal.note(`The index listens on ${terminal.style('note', 'bold', address)}; Ctrl-C stops it.`);
    if (metricsAddress !== undefined) terminal.note(`Metrics: http://${metricsAddress}/metrics`);
    terminal.note(`Share a folder from another terminal: cardume share FOLDER${hint}`);
  }
  await untilAborted(interruption.signal);
  await index.stop();
  return interruption.readerLeft ? exitCode.failed : exitCode.done;
}
