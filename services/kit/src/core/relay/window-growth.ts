import { maxTunnelWindowBytes } from './relay-limits.ts';
import type { WindowShare } from './window-budget.ts';

/** With which HTTP/2 begins, a byte more. */
const firstBytes = 65_536;
/** By how much it grows at a time: there are only few round trips until it fits. */
const factor = 4;
/** A process that has something to do answers after so long, however short the path is. */
const busyMs = 5;

/** What was seen of a stream. */
export interface WindowMeasurement {
  /** How many bytes the reader took … */
  passedBytes: number;
  /** … in this time, of two round trips at the least. */
  elapsedMs: number;
  /** How long the sender took to answer. */
  roundTripMs: number;
}

/**
 * Says how large the window of a stream is to be, by what passes in a round trip. HTTP/2 lets a sender go on when half of the window was
 * taken, so that a stream which only its window bounds brings half of it in a round trip, and less when processes are busy
 * (bench/RESULTS.md): as long as it is an eighth, it grows. So a stream that its reader takes slowly, or its sender sends slowly, has little
 * on its way.
 */
export class WindowGrowth {
  readonly #share: Pick<WindowShare, 'take'>;
  #bytes = firstBytes;
  #shortestMs = Number.POSITIVE_INFINITY;

  /** @param share what it may take, beyond what it begins with */
  constructor(share: Pick<WindowShare, 'take'>) {
    this.#share = share;
  }

  /** Whether it grows no more. */
  get isLargest(): boolean {
    return this.#bytes >= maxTunnelWindowBytes;
  }

  /** Takes a measurement. @returns how large the window is to be from now on; undefined: as it is */
  measured({ passedBytes, elapsedMs, roundTripMs }: WindowMeasurement): number | undefined {
    // What waits in queues on the way makes a round trip longer; a larger window would only make them fuller.
    this.#shortestMs = Math.min(this.#shortestMs, roundTripMs);
    const bytesInRoundTrip = (passedBytes * Math.max(busyMs, this.#shortestMs)) / elapsedMs;
    if (bytesInRoundTrip < this.#bytes / 8 || this.isLargest) return undefined;
    const wider = Math.min(factor * this.#bytes, maxTunnelWindowBytes);
    if (!this.#share.take(wider - this.#bytes)) return undefined;
    this.#bytes = wider;
    return wider;
  }
}
