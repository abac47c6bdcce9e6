// What an index counts, of what was really done to it.
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { type Network, openNetwork, openUsers, parseInvite } from '@cardume/client/trust';
import { startIndex } from '@cardume/index';
import { expect, test } from '@jest/globals';
import { failureOf } from '../../../tests/support/failure-of.ts';
import { type Scrape, scrape } from '../../../tests/support/scrape.ts';
import { temporaryFolder } from '../../../tests/support/temporary-folder.ts';
import { until } from '../../../tests/support/until.ts';
import { collect } from './support/collect.ts';
import { digestOf, joinInput, listed, peerIdOf } from './support/listed.ts';
import { startStubPeer } from './support/stub-peer.ts';
import { startTestIndex } from './support/test-index.ts';

const folder = temporaryFolder();
const metrics = '0';

/** The values of an index's own metrics, without their common prefix. */
function valuesOf(found: Scrape): Record<string, number | undefined> {
  const names = ['live_peers', 'files', 'holdings', 'file_bytes', 'joins_total', 'lease_expiries_total'];
  const all = [...names, 'leaves_total', 'holder_reports_total'];
  return Object.fromEntries(all.map((name) => [name, found.get(`cardume_index_${name}`)]));
}

const requests = (found: Scrape, method: string, code: string): number | undefined =>
  found.get(`cardume_requests_total{service="cardume.index.v1.IndexService",method="${method}",code="${code}"}`);
const dialBacks = (found: Scrape, outcome: string): number | undefined =>
  found.get(`cardume_index_dial_backs_total{outcome="${outcome}"}`);

test('an index serves no metrics unless it is asked to', async () => {
  await using cardume = await startTestIndex();
  expect(cardume.server.metricsAddress).toBeUndefined();
});

test('enrolments, and what is done to users, are counted as other calls are', async () => {
  const server = await startIndex({
    ...{ listen: '127.0.0.1:0', logLevel: 'silent', metrics },
    authority: join(folder, 'authority'),
    database: `sqlite:${join(folder, 'enrolled.db')}`,
  });
  try {
    const { admin = '' } = (await server.invites([server.address])) ?? {};
    const { networkId, addresses, token } = parseInvite(admin);
    const enrol = (name: string, shown: string | undefined): Promise<Network> =>
      openNetwork({ folder: join(folder, name), networkId, addresses, token: shown });
    expect((await failureOf(() => enrol('stranger', 'x'.repeat(43)))).reason).toBe('TOKEN_REFUSED');
    const network = await enrol('manager', token);
    const users = openUsers(addresses, () => network.tlsOfIndex());
    expect(await collect(users.list())).not.toEqual([]);
    users.close();
    network.close();
    const found = await scrape(server.metricsAddress);
    const calls = (method: string, code: string): number | undefined =>
      found.get(`cardume_requests_total{service="cardume.trust.v1.${method}",code="${code}"}`);
    expect(calls('EnrollmentService",method="Enroll', 'OK')).toBe(1);
    expect(calls('EnrollmentService",method="Enroll', 'UNAUTHENTICATED')).toBe(1);
    expect(calls('UserService",method="ListUsers', 'OK')).toBe(1);
  } finally {
    await server.stop(0);
  }
});

test('metrics are of this machine only, and tell what there is and what happened', async () => {
  await using cardume = await startTestIndex({ metrics });
  const { server, index } = cardume;
  expect(server.metricsAddress).toEqual({ host: '127.0.0.1', port: expect.any(Number) });
  const nothing = { live_peers: 0, files: 0, holdings: 0, file_bytes: 0, joins_total: 0 };
  const before = await scrape(server.metricsAddress);
  expect(valuesOf(before)).toEqual({ ...nothing, lease_expiries_total: 0, leaves_total: 0, holder_reports_total: 0 });

  // Two who share a file, and one that joins twice.
  const both = listed('both', { sizeBytes: 1_000 });
  const first = await index.join(joinInput([both, listed('a', { sizeBytes: 10 })], { peerId: peerIdOf('1') }));
  await index.join(joinInput([both], { peerId: peerIdOf('2') }));
  await index.join(joinInput([both, listed('b', { sizeBytes: 5 })], first));
  await index.report({ peerId: peerIdOf('2'), digest: digestOf('both') });
  await index.report({ peerId: peerIdOf('2'), digest: digestOf('both') });
  const wrong = { ...first, leaseSecret: 'x'.repeat(43) };
  expect((await failureOf(() => index.renew(wrong))).code).toBe('PERMISSION_DENIED');

  await until('what was replaced to be cleared', async () => (await index.stats()).fileCount === 2);
  const after = await scrape(server.metricsAddress);
  expect(valuesOf(after)).toEqual({
    live_peers: 2,
    files: 2,
    holdings: 3,
    file_bytes: 1_005,
    joins_total: 3,
    lease_expiries_total: 0,
    leaves_total: 0,
    holder_reports_total: 1,
  });
  expect(requests(after, 'Join', 'OK')).toBe(3);
  expect(requests(after, 'ReportHolder', 'OK')).toBe(2);
  expect(requests(after, 'Renew', 'PERMISSION_DENIED')).toBe(1);
  expect(requests(after, 'Search', 'OK')).toBe(0);

  await index.leave(first);
  const left = await scrape(server.metricsAddress);
  expect(left.get('cardume_index_leaves_total')).toBe(1);
  expect(left.get('cardume_index_live_peers')).toBe(1);
});

test('leases that end by themselves are counted', async () => {
  await using cardume = await startTestIndex({ metrics, leaseTtlMs: 1_000 });
  const { server, index } = cardume;
  await Promise.all(['1', '2'].map((label) => index.join(joinInput([], { peerId: peerIdOf(label) }))));
  const expiries = async (): Promise<number | undefined> =>
    (await scrape(server.metricsAddress)).get('cardume_index_lease_expiries_total');
  await until('both to end', async () => (await expiries()) === 2);
});

test('dial backs are counted by what came of them', async () => {
  await using cardume = await startTestIndex({ metrics });
  await using peer = await startStubPeer(peerIdOf('itself'));
  const { server, index } = cardume;
  await index.join(joinInput([], { peerId: peerIdOf('itself'), ...peer.address }));
  await index.join(joinInput([], { peerId: peerIdOf('pretender'), ...peer.address }));
  await index.join(joinInput([], { peerId: peerIdOf('nobody') }));
  await index.join(joinInput([], { peerId: peerIdOf('nobody too') }));
  const found = await scrape(server.metricsAddress);
  expect(dialBacks(found, 'reached')).toBe(1);
  expect(dialBacks(found, 'another_peer')).toBe(1);
  expect(dialBacks(found, 'failed')).toBe(2);
  expect(dialBacks(found, 'skipped')).toBe(0);
});

test.each([
  ['0.0.0.0:0', /^--metrics: 0\.0\.0\.0:0 is reachable from other machines/],
  ['localhost', /^--metrics: "localhost" is not an address/],
  ['70000', /^--metrics: /],
])('metrics at %s are refused', async (address, message) => {
  const failure = await failureOf(() => startTestIndex({ metrics: address }));
  expect(failure).toMatchObject({ reason: 'INVALID_FIELD', message: expect.stringMatching(message) });
});

test('an index that cannot serve its metrics does not start, and lets go of its database', async () => {
  await using cardume = await startTestIndex({ metrics });
  const taken = `127.0.0.1:${cardume.server.metricsAddress?.port}`;
  const failure = await failureOf(() => startTestIndex({ metrics: taken }));
  expect(failure.message).toMatch(/^--metrics: 127\.0\.0\.1:\d+: another process listens there/);
});

test('an index that cannot start serves no metrics either: what it had opened is closed', async () => {
  // Others may write into it, so that it can be no authority's.
  chmodSync(folder, 0o777);
  const first = await startIndex({ listen: '127.0.0.1:0', logLevel: 'silent', metrics });
  const port = String(first.metricsAddress?.port);
  await first.stop(0);
  const failing = startIndex({ listen: '127.0.0.1:0', logLevel: 'silent', metrics: port, authority: folder });
  expect(await failureOf(() => failing)).toMatchObject({ reason: 'NOT_ALLOWED' });
  const again = await startIndex({ listen: '127.0.0.1:0', logLevel: 'silent', metrics: port });
  expect(String(again.metricsAddress?.port)).toBe(port);
  await again.stop(0);
});
