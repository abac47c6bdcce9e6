import type { Address } from '../address/address.ts';
import type { DownloadProgress } from '../model/download.ts';

const minIntervalMs = 100;

/** Keeps a download's figures and tells them, often enough for an eye and rarely enough for a terminal. */
export class ProgressReporter {
  readonly #progress: DownloadProgress;
  readonly #onProgress: ((progress: DownloadProgress) => void) | undefined;
  readonly #nowMs: () => number;
  #lastMs = Number.NEGATIVE_INFINITY;

  /** @param init.nowMs a monotonic clock in milliseconds */
  constructor(init: {
    name: string;
    digest: string;
    sizeBytes: number;
    onProgress: ((progress: DownloadProgress) => void) | undefined;
    nowMs: () => number;
  }) {
    const { name, digest, sizeBytes } = init;
    this.#onProgress = init.onProgress;
    this.#nowMs = init.nowMs;
    this.#progress = {
      phase: 'checking',
      name,
      digest,
      sizeBytes,
      verifiedBytes: 0,
      resumedBytes: 0,
      copiedBytes: 0,
      receivedBytes: 0,
      holder: undefined,
      sources: [],
    };
  }

  /** How many bytes came over the network. */
  get receivedBytes(): number {
    return this.#progress.receivedBytes;
  }

  /** Takes new figures; tells them now when the phase or the holder changed, or when it is time again. */
  update(change: Partial<DownloadProgress>): void {
    const before = this.#progress;
    const phase = change.phase ?? before.phase;
    const urgent = phase !== before.phase || ('holder' in change && !sameAddress(change.holder, before.holder));
    Object.assign(this.#progress, change);
    const nowMs = this.#nowMs();
    if (urgent || nowMs - this.#lastMs >= minIntervalMs) this.tell();
  }

  /** Tells the figures as they are: called now and then, it shows also a download that stands still. */
  tell(): void {
    this.#lastMs = this.#nowMs();
    this.#onProgress?.({ ...this.#progress });
  }

  /** Counts bytes that came over the network. */
  received(bytes: number): void {
    this.update({ receivedBytes: this.#progress.receivedBytes + bytes });
  }
}

function sameAddress(a: Address | undefined, b: Address | undefined): boolean {
  return a?.host === b?.host && a?.port === b?.port;
}
