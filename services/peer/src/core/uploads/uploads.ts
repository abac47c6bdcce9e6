import { createRateMeter } from '@cardume/client';
import { maxListedUploads, uploadIdleMs } from '../limits.ts';
import { type ChunkTimes, type WaitShares, WaitTimes } from './wait-shares.ts';

/** The host of callers that did not dial: this peer connected to them, itself or by a relay. */
export const unknownHost = 'unknown';

/** Who fetches something. */
export interface UploadCaller {
  /** `HOST:PORT`, as the transport says it, and the host alone: calls of one caller come over several connections. */
  address: string;
  host: string;
  /** As the certificate says it; undefined without one. */
  peerId: string | undefined;
  user: string | undefined;
}

/** What is fetched; undefined: many small files by one call. */
export type UploadedFile = { name: string; digest: string; sizeBytes: number } | undefined;

/** One call under way. */
export interface UploadCall {
  /** Bytes have left. Called for each chunk. */
  sent(bytes: number, times: ChunkTimes): void;
  /** The call has ended. */
  end(): void;
}

/** What one caller fetches of one file. */
export interface UploadFigures extends WaitShares {
  /** Of a process, ever growing. */
  number: number;
  file: UploadedFile;
  caller: UploadCaller;
  startMs: number;
  sentBytes: number;
  /** Over the last seconds; undefined: not known yet. */
  bytesPerSecond: number | undefined;
  openCalls: number;
  /** For how long no call has been open, in milliseconds; 0: one is. */
  idleMs: number;
}

interface Upload {
  readonly key: string;
  readonly number: number;
  readonly file: UploadedFile;
  readonly times: WaitTimes;
  readonly meter: ReturnType<typeof createRateMeter>;
  readonly startMs: number;
  caller: UploadCaller;
  sentBytes: number;
  openCalls: number;
  endedMs: number;
}

/**
 * What a peer uploads, for whoever asks its process. Who downloads asks for one run of pieces after the other, often for several
 * at once: all that one caller fetches of one file is one upload, which lasts until it has not been asked for something for a while.
 */
export class Uploads {
  readonly #nowMs: () => number;
  /** In the order in which they began. */
  readonly #uploads = new Map<string, Upload>();
  #lastNumber = 0;
  #forgottenMs = 0;

  /** @param nowMs a clock in milliseconds that is never set back */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** A call begins. */
  begin(file: UploadedFile, caller: UploadCaller): UploadCall {
    const upload = this.#find(file, caller);
    upload.openCalls += 1;
    let isOpen = true;
    return {
      sent: (bytes, times) => {
        const nowMs = this.#nowMs();
        upload.sentBytes += bytes;
        upload.times.add(times, nowMs);
        upload.meter.update(nowMs, upload.sentBytes);
      },
      end: () => {
        if (!isOpen) return;
        isOpen = false;
        upload.openCalls -= 1;
        upload.endedMs = this.#nowMs();
      },
    };
  }

  /** What is under way, in the order in which it began. */
  list(): UploadFigures[] {
    this.#forget(0);
    const nowMs = this.#nowMs();
    return [...this.#uploads.values()].map(({ times, meter, endedMs, ...upload }) => ({
      ...figuresOf(upload),
      ...times.shares(nowMs),
      idleMs: upload.openCalls > 0 ? 0 : nowMs - endedMs,
      // The time in which nothing left counts, too.
      bytesPerSecond: meter.update(nowMs, upload.sentBytes),
    }));
  }

  #find(file: UploadedFile, caller: UploadCaller): Upload {
    this.#forget(1_000);
    const key = `${caller.peerId ?? caller.host} ${file === undefined ? '' : `${file.digest} ${file.name}`}`;
    const known = this.#uploads.get(key);
    if (known !== undefined) {
      known.caller = caller;
      return known;
    }
    const startMs = this.#nowMs();
    const upload: Upload = {
      key,
      number: ++this.#lastNumber,
      file,
      caller,
      startMs,
      times: new WaitTimes(startMs),
      meter: createRateMeter(),
      sentBytes: 0,
      openCalls: 0,
      endedMs: startMs,
    };
    // So that the first chunk has something to be measured from.
    upload.meter.update(startMs, 0);
    this.#makeRoom();
    this.#uploads.set(key, upload);
    return upload;
  }

  /** Forgets what nobody has fetched for a while, unless that was done within so many milliseconds. */
  #forget(restMs: number): void {
    const nowMs = this.#nowMs();
    if (nowMs - this.#forgottenMs < restMs) return;
    this.#forgottenMs = nowMs;
    for (const { key, openCalls, endedMs } of this.#uploads.values()) {
      if (openCalls === 0 && nowMs - endedMs > uploadIdleMs) this.#uploads.delete(key);
    }
  }

  /** Those that are under way are no more than there are slots for downloads. */
  #makeRoom(): void {
    if (this.#uploads.size < maxListedUploads) return;
    for (const { key, openCalls } of this.#uploads.values()) {
      if (openCalls > 0) continue;
      this.#uploads.delete(key);
      return;
    }
  }
}

function figuresOf({
  number,
  file,
  caller,
  startMs,
  sentBytes,
  openCalls,
}: Omit<Upload, 'times' | 'meter' | 'endedMs'>) {
  return { number, file, caller, startMs, sentBytes, openCalls };
}
