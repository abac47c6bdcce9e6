import { setTimeout as sleep } from 'node:timers/promises';
import { roundDelayMs } from '../../core/download/holder-patience.ts';
import type { CardumeError } from '../../errors/cardume-error.ts';
import { cardumeErrorFrom } from '../../errors/from-unknown.ts';

/** How much earlier than `endMs` a call may end that had until then; clocks of deadlines count whole milliseconds. */
const endToleranceMs = 50;

/** For how long, and how it is asked again. */
export interface WhileLimitedOptions {
  /** Until when, on the clock of `performance.now()`. */
  endMs: number;
  /** How long to wait where the server does not say, in milliseconds. Default: such a refusal is thrown at once. */
  usualWaitMs?: number;
  signal?: AbortSignal | undefined;
}

/**
 * Asks a server again that refused a call since a bound of its is reached, and said when to come back, or cut the connection at
 * once, as for those that are made too often: nothing of such a call is taken, so that it may be asked twice. It waits for as
 * long as the server says, half a second at the least and 10 s at the most, and up to half as long again, so that those who were
 * refused together do not come back together.
 *
 * @throws what `ask` throws: LIMIT_REACHED, or UNREACHABLE, when there is no time left to wait, when the time ends while it is
 *   asked again, or nobody said for how long; CardumeError CANCELLED when the signal fires
 */
export async function whileLimited<Result>(
  ask: () => Promise<Result>,
  { endMs, usualWaitMs, signal }: WhileLimitedOptions,
): Promise<Result> {
  let refusal: unknown;
  for (;;) {
    try {
      return await ask();
    } catch (thrown) {
      const error = cardumeErrorFrom(thrown);
      const delayMs = delayAfter(error, usualWaitMs);
      if (delayMs === undefined) throw wasCutByEnd(error, endMs) ? (refusal ?? thrown) : thrown;
      refusal = thrown;
      const waitMs = roundDelayMs(0, delayMs, Math.random());
      if (performance.now() + waitMs >= endMs) throw thrown;
      await sleepUnless(signal, waitMs);
    }
  }
}

/** Whether a call failed since it was asked so late; why it was refused before tells more then. */
function wasCutByEnd({ reason }: CardumeError, endMs: number): boolean {
  return reason === 'TIMED_OUT' && endMs - performance.now() < endToleranceMs;
}

/** @throws CardumeError CANCELLED when the signal fires */
async function sleepUnless(signal: AbortSignal | undefined, waitMs: number): Promise<void> {
  await sleep(waitMs, undefined, signal === undefined ? {} : { signal }).catch((aborted: unknown) => {
    throw cardumeErrorFrom(aborted);
  });
}

/** For how long to wait after a failure, in milliseconds; undefined: it is none that waiting mends. */
function delayAfter({ reason, retryDelayMs }: CardumeError, usualWaitMs: number | undefined): number | undefined {
  if (reason === 'LIMIT_REACHED') return retryDelayMs ?? usualWaitMs;
  return reason === 'UNREACHABLE' ? retryDelayMs : undefined;
}
