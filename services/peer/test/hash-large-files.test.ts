import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PeerClient } from '@cardume/client';
import type { PeerEvent } from '@cardume/peer';
import { expect, test } from '@jest/globals';
import { failureOf } from '../../../tests/support/failure-of.ts';
import { startProcess } from '../../../tests/support/start-process.ts';
import { temporaryFolder } from '../../../tests/support/temporary-folder.ts';
import { until } from '../../../tests/support/until.ts';
import { writeLargeFile } from './support/large-test-file.ts';
import { usePeers } from './support/start-test-peer.ts';

type Hashing = Extract<PeerEvent, { type: 'hashing' }>;

const folder = temporaryFolder();
const startPeer = usePeers();
const mib = 1024 ** 2;
const sizeBytes = 2048 * mib;
const pieces = 2048;
const script = join(import.meta.dirname, 'support/share-until-killed.ts');

/** A folder with a large file, whose digest is given, and the options of a peer that shares it. */
function shareOf(name: string) {
  const share = join(folder, name);
  mkdirSync(share);
  const digest = writeLargeFile(join(share, 'large'), sizeBytes, [0, 33, 1_000, pieces - 1]);
  // With one thread it takes a while, wherever this runs.
  const options = { paths: [share], stateFolder: join(folder, `${name}-state`), hashThreads: 1 };
  return { digest, share, options };
}

function hashingOf(events: PeerEvent[]): Hashing[] {
  return events.filter((event) => event.type === 'hashing');
}

async function sharedDigest(client: PeerClient): Promise<string | undefined> {
  const { files } = await client.listFilesPage(10);
  return files[0]?.digest;
}

test('a large file has the digest and the manifest of its bytes, whichever thread hashed which', async () => {
  const { digest, options } = shareOf('whole');
  const { client, events } = await startPeer({ ...options, hashThreads: 3 });
  expect(await sharedDigest(client)).toBe(digest);
  expect(hashingOf(events).at(-1)).toMatchObject({ hashedFiles: 1, hashedBytes: sizeBytes, totalBytes: sizeBytes });
  const { pieceHashes } = await client.manifest(digest, sizeBytes, mib);
  expect(pieceHashes).toHaveLength(pieces * 32);
});

test('hashing goes on from where it was when it is killed', async () => {
  const { digest, share, options } = shareOf('killed');
  const killed = startProcess(process.execPath, [script, options.stateFolder, share]);
  await until('a part to be hashed', () => {
    const hashed = [...killed.stdout.matchAll(/"hashedBytes":(\d+)/g)].map(([, bytes]) => Number(bytes));
    return hashed.some((bytes) => bytes >= 256 * mib && bytes < sizeBytes);
  });
  killed.kill('SIGKILL');
  await killed.waitForEnd();
  expect(killed.stdout).not.toContain('sharing');

  const { client, events } = await startPeer(options);
  expect(await sharedDigest(client)).toBe(digest);
  const last = hashingOf(events).at(-1);
  expect(last).toMatchObject({ hashedFiles: 1, hashedBytes: sizeBytes });
  expect(last?.resumedBytes).toBeGreaterThan(0);
});

test('hashing goes on from where it was when its start was cancelled, unless the file is another one by then', async () => {
  const { digest, share, options } = shareOf('cancelled');
  const cancelHalfWay = async (): Promise<Hashing> => {
    const controller = new AbortController();
    const events: PeerEvent[] = [];
    const onEvent = (event: PeerEvent): void => {
      events.push(event);
      const isUnderWay = event.type === 'hashing' && event.hashedBytes - event.resumedBytes >= 256 * mib;
      if (isUnderWay && event.hashedBytes < event.totalBytes) controller.abort();
    };
    const failure = await failureOf(() => startPeer({ ...options, signal: controller.signal, onEvent }));
    expect(failure.reason).toBe('CANCELLED');
    const last = hashingOf(events).at(-1);
    if (last === undefined) throw new Error('there was no hashing');
    return last;
  };
  expect((await cancelHalfWay()).resumedBytes).toBe(0);
  // All but what was in the threads' hands was kept.
  expect((await cancelHalfWay()).resumedBytes).toBeGreaterThan(128 * mib);

  const changed = writeLargeFile(join(share, 'large'), sizeBytes, [1, 2_000]);
  expect(changed).not.toBe(digest);
  const { client, events } = await startPeer(options);
  expect(await sharedDigest(client)).toBe(changed);
  expect(hashingOf(events).at(-1)).toMatchObject({ hashedBytes: sizeBytes, resumedBytes: 0 });
});

test('a large file that changes while it is hashed is shared as it is then', async () => {
  const { share, options } = shareOf('changing');
  let isChanged = false;
  const { client } = await startPeer({
    ...options,
    onEvent: (event) => {
      if (isChanged || event.type !== 'hashing' || event.hashedBytes < 128 * mib) return;
      isChanged = true;
      writeFileSync(join(share, 'large'), 'all that is left');
    },
  });
  await until('the new content', async () => (await client.listFilesPage(10)).files[0]?.sizeBytes === 16);
  expect(isChanged).toBe(true);
});
