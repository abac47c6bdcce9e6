// Where shared files are is noted for downloads on this machine.
import { mkdirSync, realpathSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hashFile } from '@cardume/client';
import { openCopies } from '@cardume/client/copies';
import { expect, test } from '@jest/globals';
import { temporaryFolder } from '../../../tests/support/temporary-folder.ts';
import { until } from '../../../tests/support/until.ts';
import { sharedNames, usePeers } from './support/start-test-peer.ts';

const folder = realpathSync(temporaryFolder());
const startPeer = usePeers();

test('files of at least 64 KiB are, when they are hashed, found again, and changed; the catalogue itself is not shared', async () => {
  const share = join(folder, 'share');
  mkdirSync(share);
  writeFileSync(join(share, 'large'), Buffer.alloc(65_536, 'a'));
  writeFileSync(join(share, 'small'), Buffer.alloc(65_535, 'b'));
  const copiesFolder = join(share, 'state');
  const options = { paths: [share], stateFolder: join(folder, 'peer'), copiesFolder };
  const path = join(share, 'large');
  const { digest } = await hashFile(path);
  const small = await hashFile(join(share, 'small'));

  const first = await startPeer(options);
  const copies = await openCopies({ folder: copiesFolder });
  await until('the file to be noted', async () => (await copies.find(digest)).length === 1);
  const modifyTimeMs = Math.floor(statSync(path).mtimeMs);
  expect(await copies.find(digest)).toEqual([{ digest, sizeBytes: 65_536, path, kind: 'file', modifyTimeMs }]);
  expect(await sharedNames(first.client)).toEqual(['large', 'small']);
  await first.peer.stop();
  expect(await copies.find(small.digest)).toEqual([]);

  await copies.forget([path]);
  const second = await startPeer(options);
  await until('the file to be noted again', async () => (await copies.find(digest)).length === 1);
  writeFileSync(path, Buffer.alloc(65_536, 'c'));
  const changed = await hashFile(path);
  await until('the changed file to be noted', async () => (await copies.find(changed.digest)).length === 1);
  expect(await copies.find(digest)).toEqual([]);
  await second.peer.stop();
  copies.close();
});
