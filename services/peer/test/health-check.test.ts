// The kit's health check, on servers of a network with certificates.
import { join } from 'node:path';
import { formatAddress } from '@cardume/client';
import { openNetwork, parseInvite } from '@cardume/client/trust';
import { startIndex } from '@cardume/index';
import { afterEach, expect, test } from '@jest/globals';
import { runCommand } from '../../../tests/support/run-command.ts';
import { temporaryFolder } from '../../../tests/support/temporary-folder.ts';
import { usePeers, writeFiles } from './support/start-test-peer.ts';

const script = join(import.meta.dirname, '../../kit/src/health-check.ts');
const folder = temporaryFolder();
const startPeer = usePeers();
const closings: (() => unknown)[] = [];
let count = 0;

afterEach(async () => {
  for (const close of closings.splice(0).reverse()) await close();
});

async function check(...args: string[]): Promise<{ code: number | null; output: string }> {
  const { code, stdout, stderr } = await runCommand(process.execPath, [script, ...args]);
  return { code, output: stdout + stderr };
}

async function startNetwork() {
  const authority = join(folder, `authority-${count++}`);
  const index = await startIndex({ listen: '127.0.0.1:0', logLevel: 'silent', authority });
  closings.push(() => index.stop(0));
  const { member = '' } = (await index.invites([index.address])) ?? {};
  const { port } = index.address;
  return { index: `localhost:${port}`, stop: () => index.stop(0), authority, invite: parseInvite(member) };
}

async function sharePeer({ index, invite }: Awaited<ReturnType<typeof startNetwork>>) {
  const path = join(folder, `share-${count++}`);
  writeFiles(path, { 'a.txt': 'hello' });
  const identity = `${path}-identity`;
  const network = await openNetwork({ folder: identity, ...invite });
  closings.push(() => network.close());
  const { peer } = await startPeer({ paths: [path], stateFolder: `${path}-state`, index, network });
  return { identity, address: formatAddress(peer.address) };
}

test('the index of a network answers who has no certificate but knows its authorities, and is down once it has stopped', async () => {
  const { index, stop, authority } = await startNetwork();
  const authorities = ['--authorities', join(authority, 'authorities.pem')];
  expect(await check(index, ...authorities)).toEqual({ code: 0, output: '' });
  const other = await startNetwork();
  expect(await check(other.index, ...authorities)).toMatchObject({ code: 1 });
  expect(await check(index)).toMatchObject({ code: 1 });
  await stop();
  expect(await check(index, ...authorities)).toMatchObject({ code: 1, output: expect.stringContaining(index) });
});

test('a peer answers itself by its certificate; another peer, an index or one that has not enrolled is not taken for it', async () => {
  const network = await startNetwork();
  const [one, two] = [await sharePeer(network), await sharePeer(network)];
  expect(await check(one.address, '--identity', one.identity)).toEqual({ code: 0, output: '' });
  for (const address of [two.address, network.index]) {
    expect(await check(address, '--identity', one.identity)).toMatchObject({ code: 1 });
  }
  expect(await check(one.address)).toMatchObject({ code: 1 });
  const nobody = join(folder, 'nobody');
  expect(await check(one.address, '--identity', nobody)).toMatchObject({
    code: 1,
    output: expect.stringContaining('has not enrolled yet'),
  });
  const both = ['--identity', one.identity, '--authorities', 'authorities.pem'];
  expect(await check(one.address, ...both)).toMatchObject({ code: 1, output: expect.stringContaining('HOST:PORT') });
});
