import { createRateMeter, type DownloadProgress, formatAddress, type RateMeter, type Transfer } from '@cardume/client';

/** What a board is made with. */
export interface DownloadBoardInit {
  /** The process's number. */
  pid: number;
  /** A clock in milliseconds that does not go back, and when it began, in milliseconds since 1970. */
  nowMs: () => number;
  clockStartMs: number;
  /** The bound of all downloads together as it is now; undefined: there is none. */
  rateNow: () => number | undefined;
}

/** What the command downloads now, for whoever asks its process. Large files and folders come one after the other. */
export class DownloadBoard {
  readonly #init: DownloadBoardInit;
  #number = 0;
  #meter: RateMeter = createRateMeter();
  #startMs = 0;
  #progress: DownloadProgress | undefined;

  constructor(init: DownloadBoardInit) {
    this.#init = init;
  }

  /** Takes what a download says of itself. */
  update(progress: DownloadProgress): void {
    const nowMs = this.#init.nowMs();
    if (this.#progress?.digest !== progress.digest) {
      this.#number += 1;
      this.#startMs = nowMs;
      this.#meter = createRateMeter();
    }
    this.#progress = progress;
    this.#meter.update(nowMs, progress.receivedBytes);
  }

  /** What is under way. */
  list(): Transfer[] {
    const progress = this.#progress;
    if (progress === undefined) return [];
    const { pid, nowMs, clockStartMs, rateNow } = this.#init;
    const { phase, name, digest, sizeBytes, verifiedBytes, receivedBytes, resumedBytes, copiedBytes, folder } =
      progress;
    return [
      {
        id: `${pid}-d${this.#number}`,
        direction: 'download',
        ...{ name, digest, sizeBytes, resumedBytes, copiedBytes, folder, maxBytesPerSecond: rateNow() },
        phase: phase === 'downloading' ? 'transferring' : phase,
        startTime: new Date(clockStartMs + this.#startMs),
        doneBytes: verifiedBytes,
        networkBytes: receivedBytes,
        // The time in which nothing comes counts, too.
        bytesPerSecond: this.#meter.update(nowMs(), receivedBytes),
        sources: progress.sources.map(({ address, receivedBytes: networkBytes, stalls: stallCount, ...source }) => ({
          ...source,
          address: formatAddress(address),
          networkBytes,
          stallCount,
        })),
        caller: undefined,
      },
    ];
  }
}
