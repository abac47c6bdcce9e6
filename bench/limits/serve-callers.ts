import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { downloadFile, openPeer } from '@cardume/client';
import { startPeer } from '@cardume/peer';
import { writeRandomFile } from '../support/write-random-file.ts';

export interface ServeCallersInit {
  /** A folder for what is shared and what comes. */
  folder: string;
  callers: number;
  slots: number;
  /** More than 1 MiB: smaller files wait for nobody. */
  sizeBytes: number;
  /** What the peer lets leave. */
  bytesPerSecond: number;
}

export interface ServedCallers {
  /** For each caller, how far the rank in which it was done is from the one in which it asked for the first bytes. */
  distances: number[];
  /** The last place that anybody was told. */
  lastPlace: number;
  durationMs: number;
}

/** Has many callers get a file at once from a peer with few upload slots. It throws when one of them does not get it. */
export async function serveCallers(init: ServeCallersInit): Promise<ServedCallers> {
  const { folder, callers, slots, sizeBytes, bytesPerSecond } = init;
  const share = mkdtempSync(join(folder, 'share-'));
  writeRandomFile(join(share, 'file'), sizeBytes);
  const limits = { uploadSlots: slots, maxUploadBytesPerSecond: bytesPerSecond };
  const peer = await startPeer({ paths: [share], index: '127.0.0.1:1', logLevel: 'silent', ...limits });
  const client = openPeer(peer.address);
  const arrived: number[] = [];
  const done: number[] = [];
  let lastPlace = 0;
  try {
    const { digest } = await client.describe({ name: 'file' });
    const startMs = performance.now();
    const getting = Array.from({ length: callers }, async (_, index) => {
      let isAsking = false;
      await downloadFile({
        ...{ digest, sizeBytes, folder: mkdtempSync(join(folder, 'got-')), name: 'file', blocksThread: true },
        holders: async () => [{ ...peer.address, peerId: peer.peerId, partial: false }],
        onProgress({ phase, sources }) {
          // It has the manifest, and asks for the first bytes.
          if (phase === 'downloading' && !isAsking) arrived.push(index);
          isAsking ||= phase === 'downloading';
          for (const { queuePosition = 0 } of sources) lastPlace = Math.max(lastPlace, queuePosition);
        },
      });
      done.push(index);
    });
    await Promise.all(getting);
    const distances = done.map((index, rank) => Math.abs(rank - arrived.indexOf(index)));
    return { distances, lastPlace, durationMs: performance.now() - startMs };
  } finally {
    client.close();
    await peer.stop(0);
  }
}
