import type { WindowShare } from '../../core/relay/window-budget.ts';
import { WindowGrowth } from '../../core/relay/window-growth.ts';
import type { ReceiveWindow } from '../receive-window.ts';

/** For how long it is watched at the least what passes, in milliseconds, before a window is made wider. */
const leastWatchMs = 100;

/** Keeps the window of one side of a tunnel as wide as what passes needs it. */
export interface KeptWindow {
  /** The other side took so many bytes. */
  passed(bytes: number): void;
  /** To be called when the call ends. */
  close(): void;
}

/**
 * Keeps a window.
 *
 * @param window undefined: it stays as it is
 * @param share what it may take
 * @param nowMs a clock in milliseconds
 */
export function keepWindow(
  window: ReceiveWindow | undefined,
  share: Pick<WindowShare, 'take'>,
  nowMs: () => number,
): KeptWindow {
  if (window === undefined) return { passed: () => {}, close: () => {} };
  const growth = new WindowGrowth(share);
  let watch = beginWatch(window, nowMs());
  let isDone = false;
  let isWidening = false;
  const look = async ({ startMs, passedBytes, roundTripMs }: Watch): Promise<void> => {
    const elapsedMs = nowMs() - startMs;
    // Bytes come in bursts, of which a shorter time would see one more or one less.
    if (roundTripMs === undefined || elapsedMs < Math.max(leastWatchMs, 2 * roundTripMs)) return;
    const widerBytes = growth.measured({ passedBytes, elapsedMs, roundTripMs });
    isWidening = widerBytes !== undefined;
    if (widerBytes !== undefined && !(await window.widen(widerBytes))) isDone = true;
    isWidening = false;
    if (growth.isLargest) isDone = true;
    if (!isDone) watch = beginWatch(window, nowMs());
  };
  return {
    passed(bytes) {
      watch.passedBytes += bytes;
      if (!isDone && !isWidening) void look(watch);
    },
    close: () => window.close(),
  };
}

/** What passes, from when on, and how long the sender takes to answer; undefined: it has not. */
interface Watch {
  startMs: number;
  passedBytes: number;
  roundTripMs: number | undefined;
}

function beginWatch(window: ReceiveWindow, startMs: number): Watch {
  const watch: Watch = { startMs, passedBytes: 0, roundTripMs: undefined };
  void window.roundTrip().then((roundTripMs) => {
    watch.roundTripMs = roundTripMs;
  });
  return watch;
}
