import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { temporaryFolder } from '../../../tests/support/temporary-folder.ts';
import { until } from '../../../tests/support/until.ts';
import { useDownloadConnections } from './support/download-calls.ts';
import { downloadBytes, patterned, usePeers, writeFiles } from './support/start-test-peer.ts';

const folder = temporaryFolder();
const startPeer = usePeers();
const connectTo = useDownloadConnections();
const bytesPerSecond = 400_000;
// What may leave before the limit holds: a tenth of a second's bytes, and the slice that is under way.
const aheadBytes = bytesPerSecond / 10 + bytesPerSecond / 16;

function leastMs(bytes: number): number {
  return ((bytes - aheadBytes) / bytesPerSecond) * 1_000;
}

describe('a peer that limits its uploads', () => {
  test('sends the right bytes, and all downloads together no faster than the limit', async () => {
    const content = patterned(300_000);
    writeFiles(join(folder, 'share'), { file: content });
    const { client } = await startPeer({
      paths: [join(folder, 'share')],
      stateFolder: join(folder, 'state'),
      maxUploadBytesPerSecond: bytesPerSecond,
    });
    const startMs = performance.now();
    const received = await Promise.all([1, 2].map(() => downloadBytes(client, { name: 'file' })));
    // A lower bound is the very promise here; how fast the machine is cannot break it.
    expect(performance.now() - startMs).toBeGreaterThanOrEqual(leastMs(2 * content.length));
    for (const bytes of received) expect(bytes.equals(content)).toBe(true);
  });

  test('lets no reader that takes nothing hold up the others', async () => {
    const content = patterned(100_000);
    writeFiles(join(folder, 'beside'), { file: content });
    const { peer, client } = await startPeer({
      paths: [join(folder, 'beside')],
      stateFolder: join(folder, 'beside-state'),
      maxUploadBytesPerSecond: bytesPerSecond,
    });
    const { download } = await connectTo(peer.address.port, 10_000);
    const stalled = Array.from({ length: 10 }, () => download({ name: 'file' }));
    expect((await downloadBytes(client, { name: 'file' })).equals(content)).toBe(true);
    expect(stalled.map(({ closed }) => closed)).toEqual(stalled.map(() => false));
  });

  test('ends a download that is cancelled while it waits for its turn, and stops while one waits', async () => {
    writeFiles(join(folder, 'slow'), { file: patterned(10_000) });
    const { peer, client, events } = await startPeer({
      paths: [join(folder, 'slow')],
      stateFolder: join(folder, 'slow-state'),
      // At a byte a second, whatever waits in this test would wait for hours.
      maxUploadBytesPerSecond: 1,
    });
    const cancelled = new AbortController();
    await client.download({ name: 'file' });
    await client.download({ name: 'file' }, { signal: cancelled.signal });
    cancelled.abort();
    await until('the end of the cancelled one', () => events.some(({ type }) => type === 'served'));
    await peer.stop(0);
    expect(events.filter(({ type }) => type === 'served')).toHaveLength(2);
  });
});
