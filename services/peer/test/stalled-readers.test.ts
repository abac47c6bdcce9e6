import { mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { type ClientHttp2Stream, constants } from 'node:http2';
import { join } from 'node:path';
import { openPeer } from '@cardume/client';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { runCommand } from '../../../tests/support/run-command.ts';
import { startProcess } from '../../../tests/support/start-process.ts';
import { temporaryFolder } from '../../../tests/support/temporary-folder.ts';
import { until } from '../../../tests/support/until.ts';
import { useDownloadConnections } from './support/download-calls.ts';
import { usePeerProcesses } from './support/peer-process.ts';
import { collect, downloadBytes, writeFiles } from './support/start-test-peer.ts';

const folder = temporaryFolder();
const startPeer = usePeerProcesses();
const connectTo = useDownloadConnections();
const mib = 1024 * 1024;
const large = join(folder, 'share/large');

beforeAll(() => {
  mkdirSync(join(folder, 'share'));
  writeFileSync(join(folder, 'share/small'), 'small');
  writeFileSync(large, '');
  truncateSync(large, 256 * mib);
});

/** Reads so much of a stream, and then nothing any more. */
function readAndStop(stream: ClientHttp2Stream, bytes: number): void {
  let received = 0;
  stream.on('data', (data: Buffer) => {
    received += data.length;
    if (received >= bytes) stream.pause();
  });
}

test('a reader whose process is stopped holds little memory, and is cut off', async () => {
  const peer = await startPeer({
    paths: [join(folder, 'share')],
    stateFolder: join(folder, 'stopped'),
    stallTimeoutMs: 1_000,
  });
  const { peakBytes: startBytes } = peer.memory();
  const script = join(import.meta.dirname, 'support/read-downloads.ts');
  const reader = startProcess(process.execPath, [script, String(peer.port), 'large', '32']);
  try {
    await reader.waitForObject('reading');
    // As Ctrl-Z does: its connection stays, and takes what the two systems' buffers hold.
    reader.kill('SIGSTOP');
    await until('all of them to be given up', () => peer.descriptors(large) === 0);
    expect(peer.memory().peakBytes - startBytes).toBeLessThan(150 * mib);
    reader.kill('SIGCONT');
    const { codes } = await reader.waitForObject('ended');
    expect(codes).toContain(constants.NGHTTP2_ENHANCE_YOUR_CALM);
  } finally {
    reader.kill('SIGCONT');
    await reader.stop();
  }
});

test('500 readers of many small files that take nothing hold little memory, and are cut off', async () => {
  const contents = Array.from({ length: 10 }, (_, index) => Buffer.alloc(100_000, index));
  writeFiles(join(folder, 'files'), Object.fromEntries(contents.map((content, index) => [`${index}`, content])));
  const peer = await startPeer({
    paths: [join(folder, 'files')],
    stateFolder: join(folder, 'files-state'),
    stallTimeoutMs: 5_000,
  });
  const client = openPeer({ host: '127.0.0.1', port: peer.port });
  const digests = (await collect(client.listFiles())).map(({ digest }) => digest);
  client.close();
  const { peakBytes: startBytes } = peer.memory();
  const { downloadFiles } = await connectTo(peer.port, 0);
  const wanted = Array.from({ length: 100 }, () => digests).flat();
  const streams = Array.from({ length: 500 }, () => downloadFiles(wanted));
  await until('all of them to be cut off', () => streams.every(({ closed }) => closed));
  expect(new Set(streams.map(({ rstCode }) => rstCode))).toEqual(new Set([constants.NGHTTP2_ENHANCE_YOUR_CALM]));
  // Two parcels of 1 MiB for each would be 1,000 MiB.
  expect(peer.memory().peakBytes - startBytes).toBeLessThan(200 * mib);
});

describe('64 readers', () => {
  test.each([
    ['that take nothing', 0, 0],
    ['that take what their windows hold', 65_535, 0],
    ['that stop after some MiB, when their chunks are long', mib, 4 * mib],
  ])('%s, hold little memory, and are cut off', async (title, windowBytes, readBytes) => {
    const peer = await startPeer({
      paths: [join(folder, 'share')],
      stateFolder: join(folder, title),
      maxDownloads: 64,
      stallTimeoutMs: 5_000,
    });
    const { peakBytes: startBytes } = peer.memory();
    const connections = await Promise.all([1, 2, 3, 4].map(() => connectTo(peer.port, windowBytes)));
    const streams = connections.flatMap(({ download }) =>
      Array.from({ length: 16 }, () => download({ name: 'large' })),
    );
    for (const stream of streams) if (readBytes > 0) readAndStop(stream, readBytes);
    await until('all of them to be served', () => peer.descriptors(large) === streams.length);
    await until('all of them to be cut off', () => streams.every(({ closed }) => closed));
    expect(new Set(streams.map(({ rstCode }) => rstCode))).toEqual(new Set([constants.NGHTTP2_ENHANCE_YOUR_CALM]));
    // Two chunks for each, which are 256 KiB at the most when 64 downloads are open, and what V8 needs; 32 chunks of
    // 1 MiB, which gRPC reads ahead, would be 2 GiB.
    expect(peer.memory().peakBytes - startBytes).toBeLessThan(150 * mib);
    expect(peer.descriptors(large)).toBe(0);
    // The slots are free again, and the peer serves on.
    const client = openPeer({ host: '127.0.0.1', port: peer.port });
    expect((await downloadBytes(client, { name: 'small' })).toString()).toBe('small');
    client.close();
  });
});

test('a process ends though it never reads a download that has come', async () => {
  // More than it takes before it is read, and less than its window.
  writeFiles(join(folder, 'unread share'), { middle: Buffer.alloc(3 * mib) });
  const peer = await startPeer({ paths: [join(folder, 'unread share')], stateFolder: join(folder, 'unread') });
  const program = `
    import { openPeer } from '@cardume/client';
    const { file } = await openPeer({ host: '127.0.0.1', port: ${peer.port} }).download({ name: 'middle' });
    process.stdout.write(file.name);
  `;
  const { code, stdout } = await runCommand(process.execPath, ['--input-type=module', '--eval', program], {
    timeoutMs: 30_000,
  });
  expect({ code, stdout }).toEqual({ code: 0, stdout: 'middle' });
});
