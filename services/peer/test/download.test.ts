import { readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import {
  blockSizeBytes,
  DigestBuilder,
  emptyFileDigest,
  openPeer,
  type PeerClient,
  usualPieceLength,
} from '@cardume/client';
import { TransferServiceDefinition } from '@cardume/proto/transfer/v1';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { createChannel, createClient } from 'nice-grpc';
import { failureOf } from '../../../tests/support/failure-of.ts';
import { temporaryFolder } from '../../../tests/support/temporary-folder.ts';
import { until } from '../../../tests/support/until.ts';
import { collect, downloadBytes, patterned, type TestPeer, usePeers, writeFiles } from './support/start-test-peer.ts';

const folder = temporaryFolder();
const mib = 1024 * 1024;
const nfc = 'caf\u00e9';
const nfd = 'cafe\u0301';
const longName = `${'\u00e9'.repeat(125)}x.bin`;
const sizes = [0, 1, blockSizeBytes - 1, blockSizeBytes, blockSizeBytes + 1, mib - 1, mib, mib + 1, 5 * mib + 12_345];
const large = patterned(48 * mib);

const startPeer = usePeers();
let running: TestPeer;
let client: PeerClient;

beforeAll(async () => {
  writeFiles(join(folder, 'share'), {
    ...Object.fromEntries(sizes.map((size) => [`${size}.bin`, patterned(size)])),
    'with space & tab.txt': 'a space',
    [`${nfd}.txt`]: 'decomposed on disk',
    'menu \u{1f41f}\u{1f469}\u200d\u{1f680}.txt': 'emoji',
    [longName]: 'a long name',
    'copies/one': 'the same',
    'copies/two': 'the same',
    'large.bin': large,
  });
  running = await startPeer({ paths: [join(folder, 'share')], stateFolder: join(folder, 'state'), maxDownloads: 4 });
  client = running.client;
});

function digestOf(bytes: Buffer): string {
  const builder = new DigestBuilder(usualPieceLength(bytes.length));
  builder.update(bytes);
  return builder.finish().digest;
}

describe('a download', () => {
  test.each(sizes)('gives a file of %i bytes whole, by name and by digest', async (size) => {
    const expected = patterned(size);
    const { file, chunks } = await client.download({ name: `${size}.bin` });
    expect(file).toMatchObject({ name: `${size}.bin`, sizeBytes: size, digest: digestOf(expected) });
    const received = await collect(chunks);
    expect(Buffer.concat(received).equals(expected)).toBe(true);
    expect(received.every(({ length }) => length > 0 && length <= mib)).toBe(true);
    expect((await downloadBytes(client, { digest: file.digest })).equals(expected)).toBe(true);
  });

  test.each([
    ['with spaces', 'with space & tab.txt', 'a space'],
    ['in normal form C of one that is decomposed on the disk', `${nfc}.txt`, 'decomposed on disk'],
    ['in normal form D', `${nfd}.txt`, 'decomposed on disk'],
    ['with emoji', 'menu \u{1f41f}\u{1f469}\u200d\u{1f680}.txt', 'emoji'],
    ['of 255 bytes', longName, 'a long name'],
    ['in a folder', 'copies/one', 'the same'],
  ])('finds a name %s', async (_, name, content) => {
    expect((await downloadBytes(client, { name })).toString()).toBe(content);
  });

  test('tells the name in normal form C', async () => {
    const { file, chunks } = await client.download({ name: `${nfd}.txt` });
    await collect(chunks);
    expect(file.name).toBe(`${nfc}.txt`);
  });

  test('gives the same bytes for every way to cut a file into ranges', async () => {
    const size = 5 * mib + 12_345;
    const expected = patterned(size);
    for (const step of [mib, 3 * mib + 1, size]) {
      const parts: Buffer[] = [];
      for (let offset = 0; offset < size; offset += step) {
        parts.push(await downloadBytes(client, { name: `${size}.bin`, offset, limit: step }));
      }
      expect(Buffer.concat(parts).equals(expected)).toBe(true);
    }
  });

  test('takes a limit past the end as all to the end', async () => {
    const bytes = await downloadBytes(client, { name: '1.bin', limit: Number.MAX_SAFE_INTEGER });
    expect(bytes).toHaveLength(1);
  });

  test('gives no bytes from the end on, and none of an empty file', async () => {
    expect(await downloadBytes(client, { name: `${mib}.bin`, offset: mib })).toHaveLength(0);
    expect(await downloadBytes(client, { digest: emptyFileDigest })).toHaveLength(0);
  });

  test('with a digest and a name gives the file that has both, and no other', async () => {
    const digest = digestOf(Buffer.from('the same'));
    const { file, chunks } = await client.download({ digest, name: 'copies/two' });
    await collect(chunks);
    expect(file.name).toBe('copies/two');
    const failure = await failureOf(() => client.download({ digest, name: '1.bin' }));
    expect(failure.reason).toBe('FILE_NOT_SHARED');
  });
});

describe('a request that cannot be met', () => {
  test.each([
    ['an unknown name', { name: 'no such file' }, 'FILE_NOT_SHARED'],
    ['an unknown digest', { digest: '0'.repeat(64) }, 'FILE_NOT_SHARED'],
    ['a path out of the share', { name: '../state/peer.db' }, 'FILE_NOT_SHARED'],
    ['an absolute path', { name: '/etc/passwd' }, 'FILE_NOT_SHARED'],
    ['a name with a NUL', { name: '1.bin\0' }, 'FILE_NOT_SHARED'],
    ['a digest in capitals', { digest: 'A'.repeat(64) }, 'INVALID_FIELD'],
    ['a short digest', { digest: 'abcdef12' }, 'INVALID_FIELD'],
    ['neither name nor digest', {}, 'INVALID_FIELD'],
    ['a name of more than 1,024 bytes', { name: '\u00e9'.repeat(513) }, 'INVALID_FIELD'],
    ['a name too long to be told back', { name: 'x'.repeat(200_000) }, 'INVALID_FIELD'],
    ['a negative limit', { name: '1.bin', limit: -1 }, 'INVALID_FIELD'],
  ])('%s: says so', async (_, range, reason) => {
    expect((await failureOf(() => client.download(range))).reason).toBe(reason);
  });

  test.each([
    ['negative', -1],
    ['the smallest there is', Number.MIN_SAFE_INTEGER],
    ['one past the end', 2],
    ['the largest that a number holds exactly', Number.MAX_SAFE_INTEGER],
  ])('an offset that is %s is out of range, and the size is told', async (_, offset) => {
    const failure = await failureOf(() => client.download({ name: '1.bin', offset }));
    expect(failure).toMatchObject({ reason: 'OFFSET_OUT_OF_RANGE', code: 'OUT_OF_RANGE' });
    expect(failure.metadata.size_bytes).toBe('1');
  });
});

describe('downloads that are cut short', () => {
  /** The descriptors of this process that lead to the large file. */
  function openDescriptors(): number {
    return readdirSync('/proc/self/fd').filter((descriptor) => {
      try {
        return readlinkSync(`/proc/self/fd/${descriptor}`).endsWith('large.bin');
      } catch {
        return false;
      }
    }).length;
  }

  /** Begins to download the large file, takes its first bytes, and stops reading. */
  async function beginLarge(signal: AbortSignal) {
    const { chunks } = await client.download({ name: 'large.bin' }, { signal });
    const iterator = chunks[Symbol.asyncIterator]();
    return { iterator, first: (await iterator.next()).value ?? new Uint8Array() };
  }

  test('leave no descriptor open, whether the caller returns or aborts', async () => {
    for (let round = 0; round < 3; round++) {
      const controller = new AbortController();
      const { iterator: aborted } = await beginLarge(controller.signal);
      const { iterator: returned } = await beginLarge(new AbortController().signal);
      expect(openDescriptors()).toBe(2);
      controller.abort();
      await failureOf(async () => {
        for (;;) if ((await aborted.next()).done === true) throw new Error('an aborted download ended well');
      });
      await returned.return?.();
      await until('both files to be closed', () => openDescriptors() === 0);
    }
  });

  test('beyond the bound are told to come back, and are served when a slot is free', async () => {
    const controllers = Array.from({ length: 4 }, () => new AbortController());
    const begun = await Promise.all(controllers.map(({ signal }) => beginLarge(signal)));
    const failure = await failureOf(() => client.download({ name: '1.bin' }));
    expect(failure).toMatchObject({ reason: 'LIMIT_REACHED', code: 'RESOURCE_EXHAUSTED', retryDelayMs: 1_000 });
    expect(failure.metadata.limit).toBe('maxDownloads');
    for (const { iterator } of begun) await iterator.return?.();
    await until('a slot', async () => {
      try {
        return (await downloadBytes(client, { name: '1.bin' })).length === 1;
      } catch {
        return false;
      }
    });
  });

  test('stay whole when the reader pauses', async () => {
    const { iterator, first } = await beginLarge(new AbortController().signal);
    // A paused reader must not see later chunks overwrite earlier ones, nor those of another download.
    await downloadBytes(client, { name: `${mib}.bin` });
    expect(large.subarray(0, first.length).equals(first)).toBe(true);
    let position = first.length;
    for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) {
      const chunk = next.value;
      expect(large.subarray(position, position + chunk.length).equals(chunk)).toBe(true);
      position += chunk.length;
    }
    expect(position).toBe(large.length);
  });
});

test('one address that holds all of its slots is told to come back, whatever its ports', async () => {
  const { peer, client: first } = await startPeer({
    paths: [join(folder, 'share')],
    stateFolder: join(folder, 'per-caller-state'),
    maxDownloadsPerCaller: 2,
  });
  const second = openPeer(peer.address);
  const held = await Promise.all(
    [first, second].map(async (each) => {
      const { chunks } = await each.download({ name: 'large.bin' });
      const iterator = chunks[Symbol.asyncIterator]();
      await iterator.next();
      return iterator;
    }),
  );
  const failure = await failureOf(() => second.download({ name: '1.bin' }));
  expect(failure).toMatchObject({ reason: 'LIMIT_REACHED', retryDelayMs: 1_000 });
  expect(failure.metadata.limit).toBe('maxDownloadsPerCaller');
  for (const iterator of held) await iterator.return?.();
  await until('a slot', async () => {
    try {
      return (await downloadBytes(second, { name: '1.bin' })).length === 1;
    } catch {
      return false;
    }
  });
  second.close();
});

test('each download is told to the display with its bytes', async () => {
  await downloadBytes(client, { name: 'copies/one', offset: 4 });
  await until('the event', () =>
    running.events.find((event) => event.type === 'served' && event.name === 'copies/one' && event.bytes === 4),
  );
});

test('the server answers a plain gRPC client that never reads, and stops all the same', async () => {
  const channel = createChannel(`127.0.0.1:${running.peer.address.port}`);
  const plain = createClient(TransferServiceDefinition, channel);
  const iterator = plain.download({ name: 'large.bin' })[Symbol.asyncIterator]();
  const first = await iterator.next();
  expect(first.value?.payload?.$case).toBe('file');
  await running.peer.stop(0);
  await failureOf(() => client.download({ name: '1.bin' }));
  channel.close();
});
