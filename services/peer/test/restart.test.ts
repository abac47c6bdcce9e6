import { statSync, truncateSync, writeFileSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { formatAddress, openPeer } from '@cardume/client';
import { describe, expect, test } from '@jest/globals';
import { failureOf } from '../../../tests/support/failure-of.ts';
import { startProcess } from '../../../tests/support/start-process.ts';
import { temporaryFolder } from '../../../tests/support/temporary-folder.ts';
import { patterned, sharedNames, type TestPeer, usePeers, writeFiles } from './support/start-test-peer.ts';

const folder = temporaryFolder();
const startPeer = usePeers();

/** How many files a peer hashed before it was ready. */
function hashedFiles({ events }: TestPeer): number {
  const last = events.findLast((event) => event.type === 'hashing');
  return last?.type === 'hashing' ? last.hashedFiles : Number.NaN;
}

describe('a restart', () => {
  test('hashes only what changed, keeps the id, and serves manifests as before', async () => {
    const share = join(folder, 'share');
    const options = { paths: [share], stateFolder: join(folder, 'state') };
    const large = patterned(3 * 1024 * 1024);
    writeFiles(share, { a: 'a', b: 'b', 'sub/c': 'c', gone: 'gone', large });
    const first = await startPeer(options);
    const before = await first.client.download({ name: 'large' });
    expect(hashedFiles(first)).toBe(5);
    await first.peer.stop();

    const second = await startPeer(options);
    expect(hashedFiles(second)).toBe(0);
    expect(second.peer.peerId).toBe(first.peer.peerId);
    expect(await sharedNames(second.client)).toEqual(['a', 'b', 'gone', 'large', 'sub/c']);
    const manifest = await second.client.manifest(before.file.digest, large.length, 1024 * 1024);
    expect(manifest.pieceHashes).toHaveLength(3 * 32);
    await second.peer.stop();

    writeFileSync(join(share, 'b'), 'B');
    await rm(join(share, 'gone'));
    await rename(join(share, 'a'), join(share, 'moved'));
    const third = await startPeer(options);
    expect(hashedFiles(third)).toBe(2);
    expect(await sharedNames(third.client)).toEqual(['b', 'large', 'moved', 'sub/c']);
  });

  test('leaves a state that only its owner may read', async () => {
    const stateFolder = join(folder, 'private-state');
    writeFiles(join(folder, 'private'), { file: 'x' });
    const { peer } = await startPeer({ paths: [join(folder, 'private')], stateFolder });
    expect(statSync(stateFolder).mode & 0o777).toBe(0o700);
    expect(statSync(join(stateFolder, 'peer.db')).mode & 0o777).toBe(0o600);
    expect(statSync(join(stateFolder, 'peer.db-wal')).mode & 0o777).toBe(0o600);
    await peer.stop();
  });
});

test('a peer that is still looking at what it shares says when to ask again for what it has not found', async () => {
  writeFiles(join(folder, 'settled'), { file: 'x' });
  const { client, peer } = await startPeer({ paths: [join(folder, 'settled')], stateFolder: join(folder, 'at-rest') });
  const digest = 'd'.repeat(64);
  const settled = await failureOf(() => client.describe({ digest }));
  expect(settled).toMatchObject({ reason: 'FILE_NOT_SHARED', retryDelayMs: undefined });

  // Hashing it takes seconds, and nothing of it is on the disk.
  const share = join(folder, 'hashed for long');
  writeFiles(share, { vast: '' });
  truncateSync(join(share, 'vast'), 4 * 2 ** 30);
  const { address } = client;
  await peer.stop(0);
  const asked = openPeer(address);
  const end = new AbortController();
  let asking: Promise<unknown> | undefined;
  const options = { paths: [share], stateFolder: join(folder, 'hashing-state'), listen: formatAddress(address) };
  const starting = failureOf(() =>
    startPeer({
      ...options,
      signal: end.signal,
      onEvent: ({ type }) => {
        if (type === 'hashing') asking ??= failureOf(() => asked.describe({ digest })).finally(() => end.abort());
      },
    }),
  );
  expect((await starting).reason).toBe('CANCELLED');
  expect(await asking).toMatchObject({ reason: 'FILE_NOT_SHARED', retryDelayMs: 1_000 });
  asked.close();
});

describe('two peers on one state folder', () => {
  const script = join(import.meta.dirname, 'support/share-until-killed.ts');

  test('are refused with a message that says what to do, until the first is gone, even if it was killed', async () => {
    const stateFolder = join(folder, 'contested');
    writeFiles(join(folder, 'contested-share'), { file: 'x' });
    const options = { paths: [join(folder, 'contested-share')], stateFolder };
    const other = startProcess(process.execPath, [script, stateFolder, ...options.paths]);
    await other.waitForLine(/sharing/);
    const failure = await failureOf(() => startPeer(options));
    expect(failure).toMatchObject({ reason: 'INVALID_FIELD' });
    expect(failure.message).toContain('in use by another peer');
    expect(failure.message).toContain(stateFolder);
    other.kill('SIGKILL');
    await other.waitForEnd();
    const { client } = await startPeer(options);
    expect(await sharedNames(client)).toEqual(['file']);
  });

  test('are refused within one process too', async () => {
    const stateFolder = join(folder, 'contested-within');
    writeFiles(join(folder, 'contested-within-share'), { file: 'x' });
    const options = { paths: [join(folder, 'contested-within-share')], stateFolder };
    await startPeer(options);
    expect((await failureOf(() => startPeer(options))).reason).toBe('INVALID_FIELD');
  });
});

describe('a state folder that cannot be used', () => {
  test('is named, and so is what to do about a damaged file in it', async () => {
    const stateFolder = join(folder, 'damaged');
    writeFiles(folder, { 'damaged/peer.db': patterned(8192), 'damaged-share/file': 'x' });
    const failure = await failureOf(() => startPeer({ paths: [join(folder, 'damaged-share')], stateFolder }));
    expect(failure.reason).toBe('LOCAL_IO_FAILED');
    expect(failure.message).toMatch(/damaged: peer\.db cannot be used: .*; remove it/);
  });

  test('because a file stands there, is named', async () => {
    writeFiles(folder, { 'a-file': '', 'a-share/file': 'x' });
    const failure = await failureOf(() =>
      startPeer({ paths: [join(folder, 'a-share')], stateFolder: join(folder, 'a-file') }),
    );
    expect(failure.reason).toBe('LOCAL_IO_FAILED');
    expect(failure.message).toContain('a-file');
  });
});

test('a start that is cancelled while it hashes ends with CANCELLED and lets go of everything', async () => {
  const stateFolder = join(folder, 'cancelled-state');
  writeFiles(join(folder, 'cancelled'), { file: 'x' });
  const options = { paths: [join(folder, 'cancelled')], stateFolder };
  const controller = new AbortController();
  const failure = await failureOf(() =>
    startPeer({
      ...options,
      signal: controller.signal,
      onEvent: (event) => {
        if (event.type === 'hashing') controller.abort();
      },
    }),
  );
  expect(failure.reason).toBe('CANCELLED');
  const { client } = await startPeer(options);
  expect(await sharedNames(client)).toEqual(['file']);
});
