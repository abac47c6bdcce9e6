import type { LanePool } from './adapters/receiving/lane-pool.ts';
import { formatAddress } from './core/address/address.ts';
import { isAskedAgainAfter } from './core/download/holder-patience.ts';
import type { HolderToTry } from './core/download/order-holders.ts';
import type { FolderFile } from './core/folder/folder-manifest.ts';
import type { DownloadSource } from './core/model/download.ts';
import type { ReceiveLimit } from './core/rate/receive-limit.ts';
import { downloadSmallFiles, type SmallFile } from './download-small-files.ts';
import { CardumeError } from './errors/cardume-error.ts';

/** What a holder is asked with. */
export interface AskForSmallFilesInit {
  lanes: LanePool;
  limit: ReceiveLimit | undefined;
  targetOf: (file: FolderFile) => SmallFile;
  onReceived: (bytes: number) => void;
  /** A file has its place. */
  onPlaced: (file: FolderFile, sources: readonly DownloadSource[]) => void;
  nowMs: () => number;
  signal: AbortSignal;
}

/** What became of a request. */
export interface AskedForSmallFiles {
  placed: ReadonlySet<FolderFile>;
  /** Why the holder failed; undefined: it answered. What it does not have is no failure. */
  failure: CardumeError | undefined;
  /** Whether other bytes came than those of a digest: then it was asked for nothing more. */
  hasLied: boolean;
}

/** Asks one holder for small files by one request. @throws CardumeError what is not the holder's fault */
export async function askForSmallFiles(
  files: readonly FolderFile[],
  holder: HolderToTry,
  { lanes, limit, targetOf, onReceived, onPlaced, nowMs, signal }: AskForSmallFilesInit,
): Promise<AskedForSmallFiles> {
  const placed = new Set<FolderFile>();
  const lie = new AbortController();
  let failure: CardumeError | undefined;
  try {
    await lanes.use(holder, (lane) =>
      downloadSmallFiles(files.map(targetOf), holder, {
        lane,
        onReceived: (bytes) => {
          onReceived(bytes);
          return limit?.take(bytes, formatAddress(holder), nowMs()) ?? 0;
        },
        isPaced: limit !== undefined,
        signal: AbortSignal.any([signal, lie.signal]),
        onPlaced: (at, { sources }) => {
          const file = files[at];
          if (file === undefined) return;
          placed.add(file);
          onPlaced(file, sources);
        },
        onWrong: () => lie.abort(),
        onFailure: (error) => {
          failure = error;
        },
      }),
    );
  } catch (error) {
    if (signal.aborted) throw error;
    if (!lie.signal.aborted) {
      // No path to it was found.
      if (!CardumeError.is(error) || !isAskedAgainAfter(error)) throw error;
      failure = error;
    }
  }
  return { placed, failure, hasLied: lie.signal.aborted };
}
