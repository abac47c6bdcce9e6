import { isAbsolute } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
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
import { type CommandCopies, createCopies } from '../adapters/create-copies.ts';
import { exitCode, exitCodeOf } from '../core/exit-code.ts';
import { keptText } from '../core/text/download-text.ts';
import { formatDuration } from '../core/units/duration.ts';
import type { Context } from './context.ts';
import { createDownloadReporter } from './download-reporter.ts';
import type { GetFlags } from './get-flags.ts';
import { type ReachedIndex, reachIndex } from './reach-index.ts';
import { reportFailure } from './report-failure.ts';
import type { GettingSharer } from './share-while-getting.ts';
import { type GetTeller, tellOfGet } from './tell-of-get.ts';

/** Downloads what the command names. */
export async function getFiles(names: string[], flags: GetFlags, context: Context): Promise<number> {
  if (flags.output === '-') {
    const { streamFile } = await import('./stream-file.ts');
    return streamFile(names, flags, context);
  }
  checkTargetName(names, flags.name);
  checkFolder(flags.output, context.cwd);
  const from = flags.from === undefined ? undefined : parseAddress(flags.from, '--from');
  const reached = await reachIndex(flags, context, { looksOnLan: from === undefined });
  const { addresses: index, network } = reached;
  let sharer: GettingSharer | undefined;
  const cardume = connect({
    index,
    ...(network === undefined ? {} : { network }),
    callBack: (peerId) => sharer?.callBack(peerId) ?? notYet(),
  });
  sharer = from === undefined ? await sharerFor(reached, flags, context) : undefined;
  const teller = tellOfGet(
    { index: from === undefined ? index : undefined, maxBytesPerSecond: flags.limitDown, sharer },
    context,
  );
  const copies: CommandCopies | undefined = flags.copy ? createCopies(context.stateHome) : undefined;
  const options: GetAllOptions = {
    folder: flags.output,
    overwrite: flags.force ?? false,
    signal: context.interruption.signal,
    from,
    maxBytesPerSecond: flags.limitDown,
    maxBytesPerSecondEach: flags.limitDownEach,
    holderWaitMs: flags.wait,
    sharer,
    copies,
    blocksThread: true,
  };
  try {
    const [name = ''] = names;
    const code =
      names.length === 1
        ? await getFile(cardume, name, options, flags, context, teller)
        : await getSeveral(cardume, names, options, flags, context, teller);
    if (code === exitCode.done && flags.seed !== undefined && sharer?.isSharing === true) {
      await shareOn(flags.seed, context);
    }
    return code;
  } finally {
    await teller.close();
    await sharer?.close();
    await copies?.close();
    cardume.close();
    reached.close();
  }
}

/** Who shares what comes: nobody when it was not wanted, or where others would reach this machine and nobody said they may. */
async function sharerFor(reached: ReachedIndex, flags: GetFlags, context: Context): Promise<GettingSharer | undefined> {
  const { insecure = false, share, limitUp } = flags;
  const { addresses: index, isHere, network } = reached;
  if (!share || !(insecure || isHere || network !== undefined)) return undefined;
  const { shareWhileGetting } = await import('./share-while-getting.ts');
  const listen = flags.listen ?? (isHere ? '127.0.0.1:0' : '0.0.0.0:0');
  return shareWhileGetting(
    { index, network: reached.openShortLived, listen, insecure, maxUploadBytesPerSecond: limitUp },
    context,
  );
}

function notYet(): Promise<never> {
  return Promise.reject(
    new CardumeError('NOT_ALLOWED', 'nothing is shared here, so that nobody is told to connect to it'),
  );
}

async function getSeveral(
  cardume: Cardume,
  names: readonly string[],
  options: GetAllOptions,
  { json }: GetFlags,
  context: Context,
  teller: GetTeller,
): Promise<number> {
  const { getSeveralFiles } = await import('./get-several-files.ts');
  const onProgress = (progress: DownloadProgress): void => teller.progress(progress);
  return getSeveralFiles(
    cardume,
    names,
    { ...options, onProgress },
    { json, indexUsed: options.from === undefined },
    context,
  );
}

async function shareOn(seedMs: number, { terminal, interruption }: Context): Promise<void> {
  terminal.note(`Sharing on for ${formatDuration(seedMs)}; Ctrl-C ends it.`);
  await sleep(seedMs, undefined, { signal: interruption.signal }).catch(() => undefined);
}

async function getFile(
  cardume: Cardume,
  name: string,
  options: GetAllOptions,
  flags: GetFlags,
  context: Context,
  teller: GetTeller,
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
        teller.progress(progress);
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
