import type { RequestRoom } from './divided-files.ts';

/** What is asked for in one request is to come within this time: others go by what they think is on its way. */
const requestMs = 750;
const firstBytes = 256 * 1024;
const minBytes = 64 * 1024;
const maxBytes = 8 * 1024 * 1024;
const maxFiles = 500;
/** A quick request may have been luck. */
const maxGrowth = 4;

/** Sizes the requests to somebody who has all: as much as it brings in three quarters of a second by measure. */
export class RequestSize {
  #bytes = firstBytes;

  get room(): RequestRoom {
    return { maxFiles, maxBytes: this.#bytes };
  }

  /** Takes note of a request that brought something. */
  note(bytes: number, durationMs: number): void {
    const usual = (bytes * requestMs) / Math.max(1, durationMs);
    this.#bytes = Math.min(Math.max(usual, minBytes), this.#bytes * maxGrowth, maxBytes);
  }
}

/** The least and the most files that another receiver is asked for in one request. */
const fewFiles = 8;
const manyFiles = 256;

/** Sizes the requests to another receiver: of one that had nothing, few files are asked for, since what it does not have it says of each. */
export class ProbeSize {
  #files = fewFiles * 2;

  get room(): RequestRoom {
    return { maxFiles: this.#files, maxBytes };
  }

  /** Takes note of a request. */
  note(placedCount: number): void {
    this.#files = placedCount > 0 ? Math.min(this.#files * 2, manyFiles) : fewFiles;
  }
}
