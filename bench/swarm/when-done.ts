import { setTimeout as sleep } from 'node:timers/promises';
import type { StartedProcess } from '../../tests/support/start-process.ts';

// An end is known at once; what is looked for is known this much too late at the most.
const lookEveryMs = 10;

/**
 * Waits until a process has done what it is for: it has ended, or something else shows it.
 *
 * @throws with what it wrote, when it ends otherwise than with 0; the signal's reason
 */
export async function whenDone(
  started: StartedProcess,
  signal: AbortSignal,
  isDone: () => boolean = () => false,
): Promise<void> {
  const ended = started.waitForEnd();
  while (started.end === undefined) {
    if (isDone()) return;
    signal.throwIfAborted();
    await Promise.race([ended, sleep(lookEveryMs)]);
  }
  const { code, signal: killedBy } = started.end;
  if (code === 0) return;
  const lines = `${started.stdout}\n${started.stderr}`.trim().split('\n');
  // Progress comes before it, and good advice after it.
  const said = lines.find((line) => /^(cardume|curl):|error/i.test(line)) ?? lines.at(-1);
  throw new Error(`it ended with ${code ?? killedBy}: ${said}`);
}
