import type { LanePool } from './adapters/receiving/lane-pool.ts';
import { formatAddress } from './core/address/address.ts';
import type { HolderToTry } from './core/download/order-holders.ts';
import type { DownloadResult } from './core/model/download.ts';
import { downloadSmallFiles, type SmallDownloads, type SmallFile } from './download-small-files.ts';

/** A file for the short way, and whom to ask. */
export interface SmallTask {
  file: SmallFile;
  holder: HolderToTry;
}

/** What small downloads from several holders work with. */
export interface SmallFilesComponents extends Omit<SmallDownloads, 'lane' | 'onReceived'> {
  lanes: LanePool;
  /** Called with how many bytes came, and from where; says for how many milliseconds no more may come from there. */
  onReceived: (bytes: number, source: string) => number;
}

/**
 * Downloads small files the short way, those of each holder by one request.
 *
 * @param tasks at most 1,000 of each holder, by keys of the caller's own
 * @returns the results of those that are there now, by the same keys: see {@link downloadSmallFiles}
 */
export async function getSmallFiles<Key>(
  tasks: ReadonlyMap<Key, SmallTask>,
  { lanes, onReceived, ...downloads }: SmallFilesComponents,
): Promise<Map<Key, DownloadResult>> {
  const results = new Map<Key, DownloadResult>();
  const ofHolders = Map.groupBy(tasks, ([, { holder }]) => formatAddress(holder));
  await Promise.all(
    Array.from(ofHolders, async ([source, ofHolder]) => {
      const [first] = ofHolder;
      if (first === undefined) return;
      const { holder } = first[1];
      const files = ofHolder.map(([, { file }]) => file);
      const placed = await lanes.use(holder, (lane) =>
        downloadSmallFiles(files, holder, { lane, ...downloads, onReceived: (bytes) => onReceived(bytes, source) }),
      );
      for (const [at, result] of placed) {
        const key = ofHolder[at]?.[0];
        if (key !== undefined) results.set(key, result);
      }
    }),
  );
  return results;
}
