import { setTimeout as sleep } from 'node:timers/promises';
import { exitCode } from '../core/exit-code.ts';
import type { Context } from './context.ts';

const everyMs = 1_000;
const clearScreen = '\u001b[H\u001b[2J';

/**
 * Shows something once, or again each second until the command is interrupted or there is no more of it; on a terminal in place of
 * what was there before.
 *
 * @param show tells whether it is worth to look again
 * @returns the exit code
 */
export async function repeatedly(isRepeated: boolean, context: Context, show: () => Promise<boolean>): Promise<number> {
  const { terminal, interruption } = context;
  while ((await show()) && isRepeated) {
    await sleep(everyMs, undefined, { signal: interruption.signal }).catch(() => undefined);
    if (interruption.signal.aborted) return interruption.exitCode ?? exitCode.done;
    if (terminal.columns !== undefined) terminal.print(clearScreen);
  }
  return exitCode.done;
}
