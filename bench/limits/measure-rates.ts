import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CardumeError, downloadFile, type HolderToTry, openPeer } from '@cardume/client';
import { type PeerOptions, type RunningPeer, startPeer } from '@cardume/peer';

/** What is to be measured: at one rate, for so long. */
export interface RateRun {
  /** A folder for what is shared and what comes. */
  folder: string;
  bytesPerSecond: number;
  durationMs: number;
}

/** What passed in a time. */
export interface MeasuredRate {
  bytes: number;
  elapsedMs: number;
}

/** How many streams share a limit of a peer. */
export const streamsUp = 4;

/**
 * What a peer lets leave with an upload limit: four readers on connections of their own take all that comes.
 *
 * @param each whether it is the limit of each caller, which all four are, and not the one of all together
 */
export async function measureUp(run: RateRun, each: boolean): Promise<MeasuredRate> {
  const { bytesPerSecond } = run;
  const limit = each ? { maxUploadBytesPerSecondEach: bytesPerSecond } : { maxUploadBytesPerSecond: bytesPerSecond };
  const sharing = await shareFile(run, limit);
  const clients = Array.from({ length: streamsUp }, () => openPeer(sharing.peer.address));
  const over = new AbortController();
  let bytes = 0;
  let startMs: number | undefined;
  let elapsedMs = 0;
  try {
    const reading = clients.map(async (client) => {
      const sink = {
        onFile: () => {},
        onBytes(part: Uint8Array) {
          // From the first bytes on, which are not counted themselves: it is a rate that is measured, and not a connection.
          if (startMs === undefined) startMs = performance.now();
          else bytes += part.length;
          elapsedMs = performance.now() - startMs;
          if (elapsedMs >= run.durationMs) over.abort();
        },
      };
      await client.receive({ name: 'file' }, sink, { signal: over.signal }).ended.catch(unlessCancelled);
    });
    await Promise.all(reading);
    return { bytes, elapsedMs };
  } finally {
    for (const client of clients) client.close();
    await sharing.stop();
  }
}

/**
 * What a download takes with a limit, from two peers, in as many threads as it likes.
 *
 * @param each whether it is the limit of each source: twice as much may then come
 */
export async function measureDown(run: RateRun, each: boolean): Promise<MeasuredRate> {
  const { bytesPerSecond, durationMs } = run;
  const sharing = [await shareFile(run, {}), await shareFile(run, {})];
  const over = new AbortController();
  let bytes = 0;
  let startMs: number | undefined;
  let elapsedMs = 0;
  try {
    const { digest, sizeBytes } = await fileOf(sharing[0]?.peer);
    await downloadFile({
      ...{ digest, sizeBytes, folder: mkdtempSync(join(run.folder, 'got-')), name: 'file' },
      holders: async () => sharing.map(({ holder }) => holder),
      ...(each ? { maxBytesPerSecondEach: bytesPerSecond } : { maxBytesPerSecond: bytesPerSecond }),
      signal: over.signal,
      onProgress({ receivedBytes }) {
        if (receivedBytes === 0) return;
        startMs ??= performance.now();
        elapsedMs = performance.now() - startMs;
        bytes = receivedBytes;
        if (elapsedMs >= durationMs) over.abort();
      },
    }).catch(unlessCancelled);
    return { bytes, elapsedMs };
  } finally {
    await Promise.all(sharing.map(({ stop }) => stop()));
  }
}

/** Shares a file that takes longer to come than is measured. */
async function shareFile({ folder, bytesPerSecond, durationMs }: RateRun, limit: Partial<PeerOptions>) {
  const path = mkdtempSync(join(folder, 'share-'));
  const share = join(path, 'share');
  mkdirSync(share);
  writeFileSync(join(share, 'file'), '');
  // A hole. Large enough that threads are worth their while.
  truncateSync(join(share, 'file'), Math.max(96 * 2 ** 20, Math.ceil((bytesPerSecond * durationMs * 3) / 1_000)));
  const peer = await startPeer({ paths: [share], index: '127.0.0.1:1', logLevel: 'silent', ...limit });
  const holder: HolderToTry = { ...peer.address, peerId: peer.peerId, partial: false };
  return {
    peer,
    holder,
    async stop(): Promise<void> {
      await peer.stop(0);
      rmSync(path, { recursive: true, force: true });
    },
  };
}

async function fileOf(peer: RunningPeer | undefined) {
  if (peer === undefined) throw new Error('nobody shares anything');
  const client = openPeer(peer.address);
  try {
    return await client.describe({ name: 'file' });
  } finally {
    client.close();
  }
}

function unlessCancelled(error: unknown): void {
  if (!CardumeError.is(error) || error.reason !== 'CANCELLED') throw error;
}
