// What becomes of a network whose index is away until certificates end. It takes a minute, for no certificate is shorter.
import { join } from 'node:path';
import { type CardumeError, connect, openPeer, type PeerClient, parseAddress } from '@cardume/client';
import { type Network, openNetwork, parseInvite } from '@cardume/client/trust';
import { startPeer } from '@cardume/peer';
import { afterAll, expect, test } from '@jest/globals';
import { failureOf } from '../../../tests/support/failure-of.ts';
import { type StartedProcess, startProcess } from '../../../tests/support/start-process.ts';
import { temporaryFolder } from '../../../tests/support/temporary-folder.ts';
import { until } from '../../../tests/support/until.ts';
import { downloadBytes, patterned, writeFiles } from './support/start-test-peer.ts';

const closings: (() => unknown)[] = [];
afterAll(async () => {
  for (const close of closings.reverse()) await close();
});
const folder = temporaryFolder();

const bytes = patterned(300_000);
const problems: CardumeError[] = [];

async function startIndex(listen: string): Promise<{ index: StartedProcess; address: string; invite: string }> {
  const options = {
    listen,
    authority: join(folder, 'authority'),
    database: `sqlite:${join(folder, 'index.db')}`,
    certificateLifetimeMs: 60_000,
    leaseTtlMs: 3_000,
  };
  const script = join(import.meta.dirname, 'hostile/support/run-network.ts');
  const index = startProcess(process.execPath, [script, JSON.stringify(options)]);
  closings.push(() => index.stop());
  const { address, invite } = await index.waitForObject('listening');
  return { index, address: String(address), invite: String(invite) };
}

async function enrol(invite: string, name: string): Promise<Network> {
  const { networkId, addresses, token } = parseInvite(invite);
  const onProblem = (problem: CardumeError): void => void problems.push(problem);
  const network = await openNetwork({ folder: join(folder, name), networkId, addresses, token, onProblem });
  closings.push(() => network.close());
  return network;
}

async function share(index: string, network: Network, name: string) {
  const path = join(folder, `${name}-share`);
  writeFiles(path, { [`${name}.bin`]: bytes });
  const options = { paths: [path], stateFolder: `${path}-state`, index, network, logLevel: 'silent' as const };
  const peer = await startPeer(options);
  closings.push(() => peer.stop(0));
  return peer;
}

function clientOf(peer: Awaited<ReturnType<typeof share>>, network: Network): PeerClient {
  const client = openPeer(peer.address, { tls: () => network.tlsOfPeer(peer.peerId) });
  closings.push(() => client.close());
  return client;
}

test('peers give to each other and to others while their index is away, until certificates end; when it is back, all renew', async () => {
  const { index, address, invite } = await startIndex('127.0.0.1:0');
  const [ofA, ofB, ofC] = [await enrol(invite, 'a'), await enrol(invite, 'b'), await enrol(invite, 'c')];
  const [a, b] = [await share(address, ofA, 'a'), await share(address, ofB, 'b')];
  const [aToB, cToA] = [clientOf(b, ofA), clientOf(a, ofC)];
  const cardume = connect({ index: parseAddress(address, 'index'), network: ofC });
  closings.push(() => cardume.close());
  const { hits } = await cardume.index.search({ query: 'a.bin' });
  expect(hits[0]?.holders).toMatchObject([{ peerId: a.peerId, reachable: true }]);
  // A stream that is open all the time, and with it the connection that it began on.
  const [file] = (await cToA.listFilesPage(1)).files;
  const watching = (async () => {
    for await (const _ of cToA.watchPieces(file?.digest ?? '', bytes.length));
  })().catch((error: CardumeError) => error);

  index.kill('SIGKILL');
  await index.waitForEnd();
  const endMs = Math.min(...[ofA, ofB, ofC].map(({ notAfterMs }) => notAfterMs));
  expect(endMs - Date.now()).toBeGreaterThan(20_000);
  let transfers = 0;
  while (Date.now() < endMs - 3_000) {
    const anew = openPeer(a.address, { tls: () => ofC.tlsOfPeer(a.peerId) });
    const got = [
      downloadBytes(aToB, { name: 'b.bin' }),
      downloadBytes(cToA, { name: 'a.bin' }),
      downloadBytes(anew, { name: 'a.bin' }),
    ];
    for (const each of await Promise.all(got)) expect(each.equals(bytes)).toBe(true);
    anew.close();
    transfers += got.length;
  }
  expect(transfers).toBeGreaterThan(10);

  const lastEndMs = Math.max(...[ofA, ofB, ofC].map(({ notAfterMs }) => notAfterMs));
  await until('all certificates to end', () => Date.now() > lastEndMs, 70_000);
  const refused = await failureOf(() => downloadBytes(cToA, { name: 'a.bin' }));
  expect(refused.reason).toBe('CERTIFICATE_REFUSED');
  expect(refused.message).toMatch(
    /this machine's certificate has ended at .*, and was not renewed: index 127\.0\.0\.1:\d+/,
  );
  expect(refused.message).toContain(address);
  expect((await failureOf(() => cardume.index.stats())).message).toContain(address);
  expect(await watching).toMatchObject({ reason: 'CERTIFICATE_REFUSED', code: 'UNAUTHENTICATED' });
  expect(problems.length).toBeGreaterThan(0);

  const again = await startIndex(address);
  expect(again.address).toBe(address);
  await until('all to be members again', () => [ofA, ofB, ofC].every(({ notAfterMs }) => notAfterMs > Date.now()));
  expect(ofA.identity.peerId).toBe(a.peerId);
  // A busy machine takes its time: the peers look for their index every ten seconds, and it for them once a lease.
  await until(
    'both peers to be joined again, and found',
    async () => {
      const found = await cardume.index.search({ query: 'bin' }).catch(() => ({ hits: [] }));
      return found.hits.length === 1 && found.hits[0]?.holders.every(({ reachable }) => reachable) === true;
    },
    75_000,
  );
  for (const [client, name] of [
    [aToB, 'b.bin'],
    [cToA, 'a.bin'],
  ] as const) {
    expect((await downloadBytes(client, { name })).equals(bytes)).toBe(true);
  }
}, 210_000);
