// Servers that reset connections which are made too often: who is honest comes back by itself, with certificates and without.
import { connect, formatAddress } from '@cardume/client';
import { openNetwork, parseInvite } from '@cardume/client/trust';
import { afterEach, expect, test } from '@jest/globals';
import { failureOf } from '../../../tests/support/failure-of.ts';
import { temporaryFolder } from '../../../tests/support/temporary-folder.ts';
import { until } from '../../../tests/support/until.ts';
import { type CuttingPath, openCuttingPath } from './support/cutting-path.ts';
import { patterned, usePeers, writeFiles } from './support/start-test-peer.ts';
import { useNetworks } from './support/test-network.ts';

const folder = temporaryFolder();
const startPeer = usePeers();
const { startNetwork, enrol, clientOf, fresh, closing } = useNetworks(folder);
const paths: CuttingPath[] = [];
afterEach(() => {
  for (const path of paths.splice(0)) path.close();
});

async function startBehindPath() {
  const { index, member } = await startNetwork();
  const path = await openCuttingPath(index.address);
  paths.push(path);
  return { index, member, path };
}

test('a machine enrols, and its calls are answered, though each of the first connections was cut', async () => {
  const { member, path } = await startBehindPath();
  const { networkId, token } = parseInvite(member);
  path.cutNext(3);
  const network = closing(await openNetwork({ folder: fresh('machine'), networkId, addresses: [path.address], token }));
  expect(path.cutCount).toBe(3);
  path.cutNext(2);
  const client = closing(connect({ index: path.address, network }));
  expect((await client.index.stats()).peerCount).toBe(0);
  expect(path.cutCount).toBe(5);
});

test('a call is given up when its time is over, and says why', async () => {
  const { member, path } = await startBehindPath();
  const network = await enrol(member);
  path.cutNext(1_000);
  const client = closing(connect({ index: path.address, network }));
  const failure = await failureOf(() => client.index.stats());
  expect(failure).toMatchObject({ reason: 'UNREACHABLE', retryDelayMs: 500 });
  expect(failure.message).toContain('does not answer (ECONNRESET)');
  expect(path.cutCount).toBeGreaterThan(5);
  expect(path.cutCount).toBeLessThan(25);
}, 30_000);

test('a peer joins, and is got from, when each of them was cut at first', async () => {
  const { index, member, path } = await startBehindPath();
  const share = fresh('share');
  writeFiles(share, { 'a.bin': patterned(100_000) });
  path.cutNext(3);
  const { peer, events } = await startPeer({
    paths: [share],
    index: formatAddress(path.address),
    network: await enrol(member),
    listensAtRelays: false,
  });
  await until('it to have joined', () => events.some(({ type }) => type === 'joined'));
  expect(path.cutCount).toBe(3);
  const toPeer = await openCuttingPath(peer.address);
  paths.push(toPeer);
  toPeer.cutNext(2);
  const getting = clientOf(index, await enrol(member));
  const got = await getting.get('a.bin', { folder: fresh('got'), from: toPeer.address });
  expect(got).toMatchObject({ sizeBytes: 100_000 });
  expect(toPeer.cutCount).toBe(2);
}, 60_000);
