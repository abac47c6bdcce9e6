import { prepareFolder } from './adapters/disk/prepare-folder.ts';
import { syncFolder } from './adapters/disk/sync-folder.ts';
import type { PeerPool } from './adapters/peer/peer-pool.ts';
import { receiveSmallFiles } from './adapters/receiving/receive-small-files.ts';
import { smallFilePatienceMs } from './core/download/holder-patience.ts';
import { orderHolders } from './core/download/order-holders.ts';
import { ProgressReporter } from './core/download/progress-reporter.ts';
import type { DownloadResult, GetOptions } from './core/model/download.ts';
import type { Hit } from './core/model/search.ts';
import { lastPart } from './core/names/last-part.ts';
import { downloadSmallFiles, maxSmallFileBytes } from './download-small-files.ts';
import { CardumeError } from './errors/cardume-error.ts';
import { cardumeErrorFrom } from './errors/from-unknown.ts';

/**
 * Downloads one small file the short way, as `downloadSmallFiles` does many: one request to one holder, and nothing on the
 * disk before all of it is verified.
 *
 * @param variants what was found: see `findAtIndex`
 * @returns undefined when that is not how it is to be had, and nothing is left: `downloadFile`, which can do all that this
 *   cannot, is then to be asked
 * @throws CardumeError UNSAFE_NAME, LOCAL_IO_FAILED, DISK_FULL, CANCELLED
 */
export async function getSmallFile(
  [hit, ...others]: readonly [Hit, ...Hit[]],
  options: GetOptions,
  peers: PeerPool,
): Promise<DownloadResult | undefined> {
  const { digest, sizeBytes } = hit;
  const { blocksThread = false, maxBytesPerSecond, maxBytesPerSecondEach, onProgress, signal } = options;
  const isLimited = maxBytesPerSecond !== undefined || maxBytesPerSecondEach !== undefined;
  const isSmall = hit.folder === undefined && sizeBytes > 0 && sizeBytes <= maxSmallFileBytes;
  const [holder] = orderHolders(hit.holders.filter(({ partial }) => !partial));
  if (!isSmall || !blocksThread || isLimited || others.length > 0 || holder === undefined) {
    return undefined;
  }
  const { folder = '.', name = lastPart(hit.name) } = options;
  const nowMs = (): number => performance.now();
  const startMs = nowMs();
  const progress = new ProgressReporter({ name, digest, sizeBytes, onProgress, nowMs });
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), smallFilePatienceMs);
  const both = signal === undefined ? patience.signal : AbortSignal.any([signal, patience.signal]);
  try {
    both.throwIfAborted();
    const folderPath = await prepareFolder(folder, name);
    progress.update({ phase: 'downloading', holder: { host: holder.host, port: holder.port } });
    const results = await peers.use(holder, (peer) =>
      downloadSmallFiles([{ digest, sizeBytes, folder: folderPath, name }], holder, {
        lane: { receiveSmallFiles: (job, sink) => receiveSmallFiles(peer, job, sink) },
        onReceived: () => 0,
        isPaced: false,
        signal: both,
      }),
    );
    const result = results.get(0);
    if (result === undefined) return undefined;
    progress.update({ phase: 'finishing', verifiedBytes: sizeBytes, receivedBytes: sizeBytes });
    await syncFolder(folderPath);
    return { ...result, durationMs: nowMs() - startMs };
  } catch (error) {
    if (signal?.aborted === true) {
      throw new CardumeError('CANCELLED', `the download of ${name} was cancelled`, { cause: error });
    }
    if (patience.signal.aborted) return undefined;
    throw cardumeErrorFrom(error, `writing ${name}`);
  } finally {
    clearTimeout(timer);
  }
}
