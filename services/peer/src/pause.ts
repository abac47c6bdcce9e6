import { setTimeout as sleep } from 'node:timers/promises';
import { isAbort } from '@cardume/client';

/** Waits for so many milliseconds, or until the signal fires. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(ms, undefined, { signal });
  } catch (error) {
    if (!isAbort(error)) throw error;
  }
}
