import { randomBytes } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { emptyFileDigest, pieceHash } from '@cardume/client';
import { expect, test } from '@jest/globals';
import { temporaryFolder } from '../../../tests/support/temporary-folder.ts';
import { collect, usePeers } from './support/start-test-peer.ts';

const folder = temporaryFolder();
const startPeer = usePeers();

test('each of many small files has its digest and manifest, also those beside one that vanishes', async () => {
  const share = join(folder, 'share');
  mkdirSync(share);
  const expected = new Map<string, string>();
  for (let number = 0; number < 1_500; number++) {
    // Some are empty, and some have several blocks.
    const content = randomBytes((number % 40) * 1_000);
    writeFileSync(join(share, `file ${number}`), content);
    const digest = content.length === 0 ? emptyFileDigest : pieceHash(content, content.length).toString('hex');
    expected.set(`file ${number}`, digest);
  }
  writeFileSync(join(share, 'vanishing'), 'x');
  const options = { paths: [share], stateFolder: join(folder, 'state') };
  const { peer, client, events } = await startPeer({
    ...options,
    onEvent: (event) => {
      if (event.type === 'hashing') rmSync(join(share, 'vanishing'), { force: true });
    },
  });
  const shared = await collect(client.listFiles());
  expect(new Map(shared.map(({ name, digest }) => [name, digest]))).toEqual(expected);
  const [first] = shared.filter(({ sizeBytes }) => sizeBytes === 39_000);
  if (first === undefined) throw new Error('there is no file of 39,000 bytes');
  const manifest = await client.manifest(first.digest, first.sizeBytes, 1024 * 1024);
  expect(manifest.pieceHashes.toString('hex')).toBe(first.digest);
  await peer.stop(0);
  expect(events).toEqual([]);

  const again = await startPeer(options);
  expect(again.events.findLast((event) => event.type === 'hashing')).toMatchObject({ totalFiles: 0 });
  expect(again.peer.fileCount).toBe(1_500);
});
