import type { RelayMeter } from '../../core/relay/relay-meter.ts';
import type { After, Tunnel, TunnelEnd } from '../../core/relay/tunnel.ts';
import { untilAborted } from '../until-aborted.ts';
import { checkData } from './check-relay-message.ts';
import type { KeptWindow } from './keep-window.ts';

/** What bytes go through. */
export interface PumpInit {
  tunnel: Tunnel;
  after: After;
  meter: RelayMeter;
  /** Of the stream that the bytes come in. */
  window: KeptWindow;
}

/**
 * Passes on what one side of a tunnel sends, until it ends or the other one does. One message is in memory: the next is read
 * when the other side has taken the one before.
 */
export async function pumpData(
  messages: AsyncIterable<{ data: Uint8Array }>,
  to: TunnelEnd,
  { tunnel, after, meter, window }: PumpInit,
): Promise<void> {
  try {
    for await (const { data } of untilAborted(messages, tunnel.ended)) {
      checkData(data);
      await waitFor(tunnel.take(data.length), after, tunnel.ended);
      await orEnd(to(data), tunnel.ended);
      tunnel.passed(data.length);
      meter.relayed(data.length);
      window.passed(data.length);
    }
  } catch (error) {
    // That the other side has ended is no failure of this one.
    if (!tunnel.ended.aborted) throw error;
  } finally {
    tunnel.end();
    window.close();
  }
}

async function waitFor(delayMs: number, after: After, ended: AbortSignal): Promise<void> {
  if (delayMs <= 0) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const callOff = after(delayMs, resolve);
  await orEnd(promise, ended).finally(callOff);
}

/** Waits for something, or for the end of the tunnel, with which it rejects. */
async function orEnd<Result>(waiting: Promise<Result>, ended: AbortSignal): Promise<Result> {
  ended.throwIfAborted();
  const { promise, reject } = Promise.withResolvers<never>();
  const abort = (): void => reject(ended.reason);
  ended.addEventListener('abort', abort);
  try {
    return await Promise.race([waiting, promise]);
  } finally {
    ended.removeEventListener('abort', abort);
  }
}
