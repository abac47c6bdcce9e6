import { CardumeError, cardumeErrorFrom, connect, parseAddress } from '@cardume/client';
import { exitCode, exitCodeOf } from '../core/exit-code.ts';
import { cutText } from '../core/text/download-text.ts';
import type { Context } from './context.ts';
import { createDownloadReporter } from './download-reporter.ts';
import type { GetFlags } from './get-flags.ts';
import { reachIndex } from './reach-index.ts';
import { reportFailure } from './report-failure.ts';
import { tellOfGet } from './tell-of-get.ts';

/**
 * `cardume get NAME -o -`: writes a file's bytes to standard output, and nothing else. Results and failures for programs
 * (`--json`) go to standard error, too.
 */
export async function streamFile(names: readonly string[], flags: GetFlags, outer: Context): Promise<number> {
  const { interruption, terminal } = outer;
  // A bar would be drawn among the bytes, where both go to the same terminal.
  const interactive = terminal.interactive && terminal.columns === undefined;
  const context: Context = { ...outer, terminal: { ...terminal, interactive, print: terminal.note } };
  const json = flags.json === true;
  const [name = ''] = names;
  let writtenBytes = 0;
  try {
    check(names, flags, outer);
    await writeFile(name, flags, context, (bytes) => {
      writtenBytes += bytes;
    });
    return exitCode.done;
  } catch (thrown) {
    // It is no news to who has seen enough.
    if (interruption.readerLeft) return exitCode.readerLeft;
    terminal.keepStatus();
    const error = cardumeErrorFrom(thrown);
    const interrupted = interruption.exitCode;
    if (interrupted === undefined || error.reason !== 'CANCELLED' || json) {
      reportFailure(context, { json, indexUsed: flags.from === undefined, isStream: true }, error, name);
    }
    if (interrupted !== undefined) terminal.note(cutText(name, writtenBytes));
    return interrupted ?? exitCodeOf(error.reason);
  }
}

async function writeFile(
  name: string,
  flags: GetFlags,
  context: Context,
  onWritten: (bytes: number) => void,
): Promise<void> {
  const { signal } = context.interruption;
  const reporter = createDownloadReporter(context, flags.json === true);
  const reached = await reachIndex(flags, context, { looksOnLan: flags.from === undefined });
  const { addresses: index, network } = reached;
  const cardume = connect({ index, ...(network === undefined ? {} : { network }) });
  const asked = flags.from === undefined ? index : undefined;
  const teller = tellOfGet({ index: asked, maxBytesPerSecond: flags.limitDown, sharer: undefined }, context);
  try {
    const bytes = cardume.read(name, {
      from: flags.from === undefined ? undefined : parseAddress(flags.from, '--from'),
      maxBytesPerSecond: flags.limitDown,
      maxBytesPerSecondEach: flags.limitDownEach,
      holderWaitMs: flags.wait,
      blocksThread: true,
      onProgress(progress) {
        teller.progress(progress);
        reporter.progress(progress);
      },
      onDone: (result) => reporter.streamed(result),
      signal,
    });
    for await (const part of bytes) {
      await context.terminal.writeBytes(part, signal);
      onWritten(part.length);
    }
  } finally {
    await teller.close();
    cardume.close();
    reached.close();
  }
}

function check(names: readonly string[], { name, seed, force = false }: GetFlags, { terminal }: Context): void {
  if (names.length > 1) throw refused('--output', '- is for a single file; put several into a folder');
  if (name !== undefined) throw refused('--name', 'a file that goes to standard output (-o -) has no name there');
  if (seed !== undefined) throw refused('--seed', 'nothing is kept with -o - that could be shared on');
  if (terminal.columns !== undefined && !force) {
    throw refused('--output', 'standard output is a terminal, which bytes could garble; pipe them on, or add --force');
  }
}

function refused(flag: string, problem: string): CardumeError {
  return CardumeError.invalidField(flag, problem);
}
