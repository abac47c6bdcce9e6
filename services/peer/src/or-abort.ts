import { CardumeError } from '@cardume/client';

/** Waits for something, or for the signal. @throws CardumeError CANCELLED when that fires first */
export async function orAbort(started: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  if (signal === undefined) return started;
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const cancel = (): void => reject(new CardumeError('CANCELLED', 'starting the peer was cancelled'));
  if (signal.aborted) cancel();
  signal.addEventListener('abort', cancel);
  try {
    await Promise.race([started, aborted]);
  } finally {
    signal.removeEventListener('abort', cancel);
  }
}
