import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CardumeError, openPeer, type PeerClient } from '@cardume/client';
import { startPeer } from '@cardume/peer';
import { writeRandomFile } from '../support/write-random-file.ts';

export interface ServeCallersInit {
  /** A folder for what is shared. */
  folder: string;
  callers: number;
  slots: number;
  /** More than 1 MiB: smaller files wait for nobody. */
  sizeBytes: number;
  /** What the peer lets leave. */
  bytesPerSecond: number;
}

export interface ServedCallers {
  /** For each caller, how far the rank in which it was done is from the one in which it came. */
  distances: number[];
  /** The last place that anybody was told. */
  lastPlace: number;
  durationMs: number;
}

/**
 * Has many callers get a file from a peer with few upload slots. They come one after the other, each when the one before was served
 * or refused, and then come back when they are told to. It throws when one of them does not get it.
 */
export async function serveCallers(init: ServeCallersInit): Promise<ServedCallers> {
  const { folder, callers, slots, sizeBytes, bytesPerSecond } = init;
  const share = mkdtempSync(join(folder, 'share-'));
  writeRandomFile(join(share, 'file'), sizeBytes);
  const limits = { uploadSlots: slots, maxUploadBytesPerSecond: bytesPerSecond };
  const peer = await startPeer({ paths: [share], index: '127.0.0.1:1', logLevel: 'silent', ...limits });
  const clients = Array.from({ length: callers }, (_, index) => openPeer(peer.address, { transferId: `${index}` }));
  const done: number[] = [];
  let lastPlace = 0;
  try {
    // Connected, so that they come in the order in which they are asked to.
    await Promise.all(clients.map((client) => client.id()));
    const startMs = performance.now();
    const getting: Promise<void>[] = [];
    for (const [index, client] of clients.entries()) {
      const { promise: answered, resolve } = Promise.withResolvers<void>();
      const getAll = async (): Promise<void> => {
        await getWhole(client, sizeBytes, (place) => {
          lastPlace = Math.max(lastPlace, place);
          resolve();
        });
        done.push(index);
      };
      getting.push(getAll().finally(resolve));
      await answered;
    }
    await Promise.all(getting);
    const distances = done.map((index, rank) => Math.abs(rank - index));
    return { distances, lastPlace, durationMs: performance.now() - startMs };
  } finally {
    for (const client of clients) client.close();
    await peer.stop(0);
  }
}

/** Gets a file; `onAnswer` is called with each place that it is told, and with 0 when bytes come. */
async function getWhole(client: PeerClient, sizeBytes: number, onAnswer: (place: number) => void): Promise<void> {
  let bytes = 0;
  const sink = {
    onFile: () => onAnswer(0),
    onBytes: (part: Uint8Array) => {
      bytes += part.length;
    },
  };
  while (bytes < sizeBytes) {
    try {
      await client.receive({ name: 'file', offset: bytes }, sink).ended;
    } catch (error) {
      if (!CardumeError.is(error) || error.reason !== 'LIMIT_REACHED') throw error;
      onAnswer(Number(error.metadata.queue_position));
      await sleep(error.retryDelayMs);
    }
  }
}
