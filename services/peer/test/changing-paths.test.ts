// What a peer makes of a path to its index that changes. tests/lab/roaming.test.ts does the same with a laptop that moves.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatAddress, type IndexClient, openIndex } from '@cardume/client';
import { startIndex } from '@cardume/index';
import { afterAll, expect, test } from '@jest/globals';
import { type ChangingPath, openChangingPath } from '../../../tests/support/changing-path.ts';
import { temporaryFolder } from '../../../tests/support/temporary-folder.ts';
import { until } from '../../../tests/support/until.ts';
import { collect, usePeers, writeFiles } from './support/start-test-peer.ts';

const folder = temporaryFolder();
const startPeer = usePeers();
const closings: (() => unknown)[] = [];

afterAll(async () => {
  for (const close of closings.reverse()) await close();
});

/** A peer that joins an index by such a path, and is found where the index sees it. */
async function startByPath(name: string, leaseTtlMs: number): Promise<{ path: ChangingPath; index: IndexClient }> {
  const server = await startIndex({ listen: '127.0.0.1:0', logLevel: 'silent', leaseTtlMs });
  const index = openIndex(server.address);
  const path = await openChangingPath(server.address, '127.0.0.2');
  closings.push(
    () => server.stop(0),
    () => index.close(),
    () => path.close(),
  );
  writeFiles(join(folder, name), { file: 'x' });
  const at = { index: formatAddress(path.address), listen: '0.0.0.0:0', insecure: true };
  await startPeer({ paths: [join(folder, name)], stateFolder: join(folder, `${name}-state`), ...at });
  expect(await collect(index.listPeers())).toMatchObject([{ host: '127.0.0.2', reachable: true }]);
  return { path, index };
}

test('a peer whose renewal comes from another address than its join is listed there', async () => {
  const { path, index } = await startByPath('moved', 3_000);
  path.comeFrom('127.0.0.3');
  path.cut();
  // It is listed there, and then dialled there.
  await until('it to be reached there', async () => {
    const [peer] = await collect(index.listPeers());
    return peer?.host === '127.0.0.3' && peer.reachable;
  });
  expect(await collect(index.listPeers())).toMatchObject([{ host: '127.0.0.3', reachable: true, fileCount: 1 }]);
});

test('a peer whose path breaks without a word is back by another connection as soon as a renewal was in vain', async () => {
  const { path, index } = await startByPath('broken', 3_000);
  const before = path.connectionCount;
  path.breakSilently();
  await until('it to be listed no more', async () => (await collect(index.listPeers())).length === 0);
  // A renewal has ten seconds; that nobody answers on a connection is noticed after forty.
  await until('it to be listed again', async () => (await collect(index.listPeers())).length === 1, 20_000);
  expect(path.connectionCount).toBeGreaterThan(before);
});

test('so it tells of what changed, which goes by a connection of its own', async () => {
  const { path, index } = await startByPath('changed', 3_000);
  writeFileSync(join(folder, 'changed/second'), 'y');
  await until('two files to be listed', async () => (await collect(index.listPeers()))[0]?.fileCount === 2);
  path.breakSilently();
  await until('it to be listed no more', async () => (await collect(index.listPeers())).length === 0);
  await until('it to be listed again', async () => (await collect(index.listPeers())).length === 1, 20_000);
  writeFileSync(join(folder, 'changed/third'), 'z');
  await until('three files to be listed', async () => (await collect(index.listPeers()))[0]?.fileCount === 3, 10_000);
});
