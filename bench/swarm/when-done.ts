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
  const output = `${started.stderr}\n${started.stdout}`.trim();
  throw new Error(`it ended with ${code ?? killedBy}: ${output}`);
}
