import { isAbsolute } from 'node:path';
import {
  type Cardume,
  CardumeError,
  cardumeErrorFrom,
  connect,
  type DownloadProgress,
  type GetAllOptions,
  nameProblem,
  parseAddress,
} from '@cardume/client';
import { exitCode, exitCodeOf } from '../core/exit-code.ts';
import { keptText } from '../core/text/download-text.ts';
import type { Context } from './context.ts';
import { createDownloadReporter } from './download-reporter.ts';
import { indexAddress } from './index-address.ts';
import { reportFailure } from './report-failure.ts';

/** The flags of `cardume get`. */
export interface GetFlags {
  output: string;
  name?: string;
  force?: boolean;
  from?: string;
  /** In bytes per second. */
  limitDown?: number;
  index: string;
  json?: boolean;
}

/** Downloads what the command names. */
export async function getFiles(names: string[], flags: GetFlags, context: Context): Promise<number> {
  checkTargetName(names, flags.name);
  checkFolder(flags.output, context.cwd);
  const from = flags.from === undefined ? undefined : parseAddress(flags.from, '--from');
  const cardume = connect({ index: indexAddress(flags) });
  const options: GetAllOptions = {
    folder: flags.output,
    overwrite: flags.force ?? false,
    signal: context.interruption.signal,
    from,
    maxBytesPerSecond: flags.limitDown,
    blocksThread: true,
  };
  try {
    const [name = ''] = names;
    if (names.length === 1) return await getFile(cardume, name, options, flags, context);
    const { getSeveralFiles } = await import('./get-several-files.ts');
    return await getSeveralFiles(cardume, names, options, { json: flags.json, indexUsed: from === undefined }, context);
  } finally {
    cardume.close();
  }
}

async function getFile(
  cardume: Cardume,
  name: string,
  options: GetAllOptions,
  flags: GetFlags,
  context: Context,
): Promise<number> {
  const { terminal, interruption } = context;
  const json = flags.json === true;
  const reporter = createDownloadReporter(context, json);
  let last: DownloadProgress | undefined;
  try {
    const result = await cardume.get(name, {
      ...options,
      name: flags.name,
      onProgress(progress) {
        last = progress;
        reporter.progress(progress);
      },
    });
    reporter.done(result);
    return exitCode.done;
  } catch (thrown) {
    terminal.keepStatus();
    const error = cardumeErrorFrom(thrown);
    // That it was cancelled is no news to who interrupted it, while any other error is.
    const interrupted = error.reason === 'CANCELLED' ? interruption.exitCode : undefined;
    if (interrupted === undefined || json) {
      reportFailure(context, { json, indexUsed: options.from === undefined }, error, name);
    }
    if (interrupted !== undefined && last !== undefined) terminal.note(keptText(last));
    return interrupted ?? exitCodeOf(error.reason);
  }
}

function checkFolder(output: string, cwd: string | undefined): void {
  if (cwd !== undefined || isAbsolute(output)) return;
  const problem = 'the folder that this runs in is there no more; change to another one, or give --output a whole path';
  throw new CardumeError('LOCAL_IO_FAILED', problem);
}

function checkTargetName(names: readonly string[], name: string | undefined): void {
  if (name === undefined) return;
  if (names.length > 1) throw CardumeError.invalidField('--name', 'is for a single file; put several into an --output');
  const problem = name.includes('/') ? 'it has a slash; --output names the folder' : nameProblem(name);
  if (problem !== null) throw CardumeError.invalidField('--name', `not a safe file name: ${problem}`);
}
