// Real peers with upload slots, and real downloads that wait for them.
import { mkdtempSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type DownloadFileInit,
  type DownloadProgress,
  downloadFile,
  formatAddress,
  openPeer,
  type PeerClient,
} from '@cardume/client';
import type { Network } from '@cardume/client/trust';
import type { PeerOptions } from '@cardume/peer';
import { describe, expect, test } from '@jest/globals';
import { failureOf } from '../../../tests/support/failure-of.ts';
import { temporaryFolder } from '../../../tests/support/temporary-folder.ts';
import { until } from '../../../tests/support/until.ts';
import { useDownloadConnections } from './support/download-calls.ts';
import {
  downloadBytes,
  manifestOf,
  patterned,
  type TestPeer,
  usePeers,
  writeFiles,
} from './support/start-test-peer.ts';
import { useNetworks } from './support/test-network.ts';

const mib = 1024 * 1024;
const root = temporaryFolder();
const startPeer = usePeers();
const connectTo = useDownloadConnections();
const { startNetwork, enrol, closing } = useNetworks(root);
const fresh = (name: string): string => mkdtempSync(join(root, `${name}-`));

async function share(files: Record<string, Buffer>, options: Partial<PeerOptions>): Promise<TestPeer> {
  const path = fresh('share');
  writeFiles(path, files);
  return startPeer({ paths: [path], stateFolder: `${path}-state`, ...options });
}

/** Downloads a file from some peers. */
async function get(content: Buffer, from: readonly TestPeer[], change: Partial<DownloadFileInit> = {}) {
  const holders = from.map(({ peer }) => ({ ...peer.address, peerId: peer.peerId, partial: false }));
  const { path, sources } = await downloadFile({
    digest: manifestOf(content).digest,
    sizeBytes: content.length,
    folder: fresh('got'),
    name: 'file.bin',
    holders: async () => holders,
    blocksThread: true,
    ...change,
  });
  expect(readFileSync(path).equals(content)).toBe(true);
  return sources;
}

/** Takes a slot of a peer, and reads nothing. */
async function stall({ peer }: TestPeer, name: string): Promise<void> {
  const { download } = await connectTo(peer.address.port);
  const probe = openPeer(peer.address, { transferId: 'abc' });
  download({ name });
  await until('the slot to be taken', async () => {
    const error = await failureOf(() => downloadBytes(probe, { name, limit: 1 })).catch(() => undefined);
    return error?.reason === 'LIMIT_REACHED';
  });
  probe.close();
}

describe('a peer with upload slots', () => {
  test('refuses who comes beyond them with a place and a time, and lets small requests in beside them', async () => {
    const [large, small] = [patterned(8 * mib), patterned(mib)];
    const sharing = await share({ large, small, tail: patterned(3 * mib) }, { uploadSlots: 1 });
    await stall(sharing, 'large');
    const { address } = sharing.peer;
    const other = openPeer(address, { transferId: '0a-1' });
    try {
      const error = await failureOf(() => downloadBytes(other, { name: 'large' }));
      expect(error).toMatchObject({
        reason: 'LIMIT_REACHED',
        metadata: { limit: 'uploadSlots', queue_position: expect.stringMatching(/^[12]$/) },
      });
      expect(error.message).toMatch(
        /^this peer sends to 1 at once, and place [12] of those who wait is yours; come back in \d/,
      );
      expect(error.retryDelayMs).toBeGreaterThanOrEqual(200);
      expect(error.retryDelayMs).toBeLessThanOrEqual(1_000);
      // A part of a large file is no small request, whatever it asks for; the end of one is.
      expect(await failureOf(() => downloadBytes(other, { name: 'large', limit: 1 }))).toMatchObject({
        reason: 'LIMIT_REACHED',
      });
      expect((await downloadBytes(other, { name: 'tail', offset: 2 * mib })).length).toBe(mib);
      expect((await downloadBytes(other, { name: 'small' })).equals(small)).toBe(true);
    } finally {
      other.close();
    }
    const odd = openPeer(address, { transferId: 'no hex' });
    expect(await failureOf(() => downloadBytes(odd, { name: 'small' }))).toMatchObject({
      reason: 'INVALID_FIELD',
      metadata: { field: 'cardume-transfer-id' },
    });
    odd.close();
  });

  test('lets transfers take turns: a long one gives its slot to who waits, and goes on later', async () => {
    const [long, short] = [patterned(24 * mib), patterned(2 * mib + 1)];
    const sharing = await share(
      { long, short },
      { uploadSlots: 1, uploadTurnMs: 300, maxUploadBytesPerSecond: 12_000_000 },
    );
    const ended: string[] = [];
    let received = 0;
    const first = get(long, [sharing], {
      onProgress: ({ receivedBytes }) => {
        received = receivedBytes;
      },
    }).then(() => ended.push('long'));
    await until('the long one to come', () => received > 0);
    await get(short, [sharing]).then(() => ended.push('short'));
    await first;
    expect(ended).toEqual(['short', 'long']);
  });

  test('is not waited for when others have the file; who waits is told its place', async () => {
    const content = patterned(8 * mib);
    const busy = await share({ content }, { uploadSlots: 1 });
    const free = await share({ content }, { maxUploadBytesPerSecond: 8_000_000 });
    await stall(busy, 'content');
    const seen: DownloadProgress[] = [];
    const sources = await get(content, [busy, free], { onProgress: (progress) => seen.push(progress) });
    expect(sources.map(({ verifiedBytes }) => verifiedBytes)).toEqual([0, content.length]);
    const places = seen.flatMap((progress) => progress.sources.map(({ queuePosition }) => queuePosition));
    expect(places.filter((place) => place !== undefined).length).toBeGreaterThan(0);
    expect(seen.map(({ phase }) => phase)).not.toContain('waiting');
  });
});

test('in a network a caller is who its certificate says, wherever it calls from and whatever transfers it has', async () => {
  const { index, member } = await startNetwork();
  const [sharing, one, other] = await Promise.all([enrol(member), enrol(member), enrol(member)]);
  const { peer } = await share(
    { large: patterned(8 * mib) },
    { index: formatAddress(index.address), network: sharing, uploadSlots: 1 },
  );
  const clientOf = (network: Network, transferId: string) =>
    closing(openPeer(peer.address, { tls: network.tlsOfPeer(peer.peerId), transferId, windowBytes: 65_536 }));
  // It has the slot, and reads nothing.
  await clientOf(one, 'a').download({ name: 'large' });
  const placeOf = async (client: PeerClient): Promise<string | undefined> =>
    (await failureOf(() => client.download({ name: 'large' }))).metadata.queue_position;
  const second = clientOf(one, 'b');
  expect(await placeOf(second)).toBe('1');
  expect(await placeOf(clientOf(other, 'c'))).toBe('1');
  expect(await placeOf(second)).toBe('2');
});

describe('a peer that limits what each caller gets', () => {
  test('gives a caller no more than that, on however many connections', async () => {
    const bytesPerSecond = 400_000;
    const content = patterned(300_000);
    const { peer } = await share({ content }, { maxUploadBytesPerSecondEach: bytesPerSecond });
    const clients = Array.from({ length: 3 }, (_, index) => openPeer(peer.address, { transferId: `${index}` }));
    const startMs = performance.now();
    await Promise.all(clients.map((client) => downloadBytes(client, { name: 'content' })));
    const aheadBytes = bytesPerSecond / 10 + bytesPerSecond / 16;
    // A bound is the very promise here; how fast the machine is cannot break it.
    expect(performance.now() - startMs).toBeGreaterThanOrEqual(
      ((3 * content.length - aheadBytes) / bytesPerSecond) * 1_000,
    );
    for (const client of clients) client.close();
  });
});
