import { type IndexClient, openIndex } from '@cardume/client';
import type { IndexServer } from './index-server.ts';
import { FileSource, listOf, peerIdOf } from './names.ts';

/** How many entries each peer lists. */
export const rowsPerPeer = 1_000;
const joinsInFlight = 4;

/**
 * Joins peers until the index has so many entries, unless it has most of them already: filling takes a quarter of an hour, and
 * may have been interrupted. Returns how many it has.
 */
export async function fillIndex({ address }: IndexServer, rows: number, say: (text: string) => void): Promise<number> {
  const index = openIndex(address);
  try {
    const { holdingCount } = await index.stats();
    if (holdingCount > rows / 2) return holdingCount;
    if (holdingCount > 0) throw new Error(`the database has ${holdingCount} entries, not ${rows}; remove it`);
    await joinAll(index, rows, say);
    return rows;
  } finally {
    index.close();
  }
}

async function joinAll(index: IndexClient, rows: number, say: (text: string) => void): Promise<void> {
  const source = new FileSource(rows);
  const peers = Math.ceil(rows / rowsPerPeer);
  const startMs = performance.now();
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let peer = next++; peer < peers; peer = next++) {
      const files = listOf(source, peer, Math.min(rowsPerPeer, rows - peer * rowsPerPeer));
      // Nobody listens on port 1: the index tries, and says so.
      await index.join({ peerId: peerIdOf(peer), host: '127.0.0.1', port: 1, shareName: `peer ${peer}`, files });
      if (peer % 200 === 0 && peer > 0) say(`${peer * rowsPerPeer} entries after ${seconds(startMs)} s`);
    }
  };
  await Promise.all(Array.from({ length: joinsInFlight }, worker));
  say(`${rows} entries of ${peers} peers in ${seconds(startMs)} s`);
}

function seconds(startMs: number): string {
  return ((performance.now() - startMs) / 1_000).toFixed(1);
}
