import { performance } from 'node:perf_hooks';

/** How long the calls of somebody honest took, in milliseconds. */
export interface HonestTimes {
  count: number;
  medianMs: number;
  longestMs: number;
}

/**
 * Calls again and again while something else goes on, and once at the least. A call that fails fails all.
 *
 * @param call what somebody honest does
 * @param attack what goes on meanwhile
 */
export async function honestMeanwhile<Result>(
  call: () => Promise<unknown>,
  attack: () => Promise<Result>,
): Promise<{ times: HonestTimes; result: Result }> {
  const durations: number[] = [];
  let isOver = false;
  const honest = async (): Promise<void> => {
    do {
      const startMs = performance.now();
      await call();
      durations.push(performance.now() - startMs);
    } while (!isOver);
  };
  const calling = honest();
  try {
    const [result] = await Promise.all([
      attack().finally(() => {
        isOver = true;
      }),
      calling,
    ]);
    const sorted = durations.toSorted((a, b) => a - b);
    const rounded = (ms: number | undefined): number => Math.round((ms ?? 0) * 10) / 10;
    const times = {
      count: sorted.length,
      medianMs: rounded(sorted[Math.floor(sorted.length / 2)]),
      longestMs: rounded(sorted.at(-1)),
    };
    return { times, result };
  } finally {
    isOver = true;
    await calling.catch(() => undefined);
  }
}
