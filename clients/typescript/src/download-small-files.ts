import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Lane, Receiving } from './adapters/receiving/lane.ts';
import { segmentLengthBytes } from './core/digest/segment.ts';
import { HolderFailure } from './core/download/holder-failure.ts';
import { maxBusyWaitMs, queueDelayMs, queuePositionOf } from './core/download/holder-patience.ts';
import type { HolderToTry } from './core/download/order-holders.ts';
import { partNames } from './core/download/part-names.ts';
import { tellingOf } from './core/download/telling-of.ts';
import type { DownloadResult } from './core/model/download.ts';
import { CardumeError } from './errors/cardume-error.ts';

/** The largest file that is fetched whole before anything of it is written, in bytes. */
export const maxSmallFileBytes = segmentLengthBytes;

/** A small file, and where it is to be. */
export interface SmallFile {
  digest: string;
  /** 1 to {@link maxSmallFileBytes}; as it is said. */
  sizeBytes: number;
  /** The absolute path of a folder that is there. */
  folder: string;
  /** One safe part. */
  name: string;
}

/** What small downloads from one holder work with. */
export interface SmallDownloads {
  lane: Pick<Lane, 'receiveSmallFiles'>;
  /** Called with how many bytes came; says for how many milliseconds no more may come. */
  onReceived: (bytes: number) => number;
  /** Whether it keeps to a rate so. */
  isPaced: boolean;
  signal: AbortSignal;
  /** Called with each result as soon as its file is there, and its index. Default: they are told together. */
  onPlaced?: (index: number, result: DownloadResult) => void;
  /** The holder sent other bytes than those of the digest. Default: whoever asks it again finds out. */
  onWrong?: () => void;
  /** Called with how the holder failed. Default: whoever asks it again finds out. */
  onFailure?: (error: CardumeError) => void;
}

/**
 * Downloads small files from one holder the short way: one request for all of them, each verified in memory by the thread that
 * receives it, then written and named. When the holder gives it a place among those who wait for a turn, it waits for that,
 * ten minutes at the most, and asks again for those that did not come.
 *
 * @param files up to 1,000 of them
 * @returns the results of those that are there now, by their index. The others were not to be had so: something stands under
 *   the name, an earlier run left a part, or the holder failed. Nothing of them is left, and `downloadFile`, which can do all that this cannot, is to be
 *   asked
 * @throws CardumeError CANCELLED; an error of the operating system
 */
export async function downloadSmallFiles(
  files: readonly SmallFile[],
  holder: HolderToTry,
  downloads: SmallDownloads,
): Promise<ReadonlyMap<number, DownloadResult>> {
  const results = new Map<number, DownloadResult>();
  for (let waitedMs = 0; waitedMs < maxBusyWaitMs; ) {
    const busy = await downloadOnce(files, holder, downloads, results);
    if (busy !== undefined && queuePositionOf(busy) === undefined) downloads.onFailure?.(busy);
    if (busy === undefined || queuePositionOf(busy) === undefined) break;
    const delayMs = queueDelayMs(busy.retryDelayMs ?? 0, Math.random());
    waitedMs += delayMs;
    await sleep(delayMs, undefined, { signal: downloads.signal }).catch((error: unknown) => {
      throw new CardumeError('CANCELLED', 'the download was cancelled', { cause: error });
    });
  }
  return results;
}

/** @returns how the holder failed */
async function downloadOnce(
  files: readonly SmallFile[],
  holder: HolderToTry,
  { lane, onReceived, isPaced, signal, onPlaced, onWrong }: SmallDownloads,
  results: Map<number, DownloadResult>,
): Promise<CardumeError | undefined> {
  const { peerId, host, port } = holder;
  // A look at one name is done before another thread could be asked for it.
  const isFree = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false }) === undefined;
  const wanted = [...files.entries()].filter(
    ([, { folder, name }]) => isFree(join(folder, name)) && isFree(join(folder, partNames(name).part)),
  );
  if (wanted.length === 0) return undefined;
  const job = {
    files: wanted.map(([, { digest, sizeBytes, folder, name }]) => {
      return { digest, sizeBytes, path: join(folder, name), partPath: join(folder, partNames(name).part) };
    }),
    ...tellingOf(isPaced),
  };
  const receiving: Receiving = lane.receiveSmallFiles(job, {
    onReceived(bytes) {
      const waitMs = onReceived(bytes);
      if (isPaced) receiving.waitFor(waitMs);
    },
    onOutcomes(outcomes) {
      for (const { index, outcome, durationMs } of outcomes) {
        const [at, file] = wanted[index] ?? [];
        if (outcome === 'wrong') onWrong?.();
        if (outcome !== 'placed' || at === undefined || file === undefined) continue;
        const { digest, sizeBytes, folder, name } = file;
        const result: DownloadResult = {
          path: join(folder, name),
          name,
          digest,
          sizeBytes,
          alreadyPresent: false,
          resumedBytes: 0,
          copiedBytes: 0,
          receivedBytes: sizeBytes,
          durationMs,
          sources: [{ peerId, address: { host, port }, verifiedBytes: sizeBytes, failure: undefined }],
        };
        results.set(at, result);
        onPlaced?.(at, result);
      }
    },
  });
  const abort = (): void => receiving.cancel();
  signal.addEventListener('abort', abort);
  if (signal.aborted) abort();
  try {
    await receiving.ended;
  } catch (error) {
    if (signal.aborted) throw new CardumeError('CANCELLED', 'the download was cancelled', { cause: error });
    // Who failed, and why, is found out the long way.
    if (!(error instanceof HolderFailure)) throw error;
    return error.error;
  } finally {
    signal.removeEventListener('abort', abort);
  }
  return undefined;
}
