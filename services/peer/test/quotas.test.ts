// How often a member may call, and enrol: real servers with certificates, and callers of which one asks for too much.
import { type CardumeError, openIndex, openPeer } from '@cardume/client';
import { openChannel } from '@cardume/client/channel';
import { makeKey, makeRequest, type Network, openNetwork, parseInvite } from '@cardume/client/trust';
import type { RunningIndex } from '@cardume/index';
import { IndexServiceDefinition } from '@cardume/proto/index/v1';
import { EnrollmentServiceDefinition } from '@cardume/proto/trust/v1';
import { describe, expect, test } from '@jest/globals';
import { failureOf } from '../../../tests/support/failure-of.ts';
import { temporaryFolder } from '../../../tests/support/temporary-folder.ts';
import { usePeers, writeFiles } from './support/start-test-peer.ts';
import { useNetworks } from './support/test-network.ts';

const folder = temporaryFolder();
const startPeer = usePeers();
const { startNetwork, enrol, clientOf, usersOf, fresh, closing } = useNetworks(folder);

/** How calls ended: `OK`, or the limit that they met. */
type Outcomes = Map<string, number>;

/** Makes calls, so many at once, until so many are made; counts how they end, and gives the first failure. */
async function flood(call: () => Promise<unknown>, { count, atOnce }: { count: number; atOnce: number }) {
  const outcomes: Outcomes = new Map();
  let failure: CardumeError | undefined;
  let left = count;
  const note = (outcome: string): void => void outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  const callOn = async (): Promise<void> => {
    while (left-- > 0) {
      try {
        await call();
        note('OK');
      } catch (error) {
        const thrown = await failureOf(() => Promise.reject(error));
        failure ??= thrown;
        note(thrown.metadata.limit ?? thrown.reason);
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, callOn));
  return { outcomes, failure };
}

/** Calls of the index that are made once: the client of the SDK would make those again that are refused. */
function callsOf(index: RunningIndex, network: Network) {
  return closing(openChannel(index.address, 'index', network.tlsOfIndex())).client(IndexServiceDefinition);
}

describe('a member who calls more often than one may', () => {
  test('is refused beyond that, and told so, while all calls of others are answered', async () => {
    const { index, member } = await startNetwork({ callsPerSecond: 20 });
    const [flooding, calling] = await Promise.all([enrol(member), enrol(member)]);
    const [raw, honest] = [callsOf(index, flooding), callsOf(index, calling)];
    const startMs = performance.now();
    // Fewer than a hundred are refused, which is when a connection would be cut.
    const [{ outcomes, failure }, { outcomes: others }] = await Promise.all([
      flood(() => raw.getStats({}), { count: 190, atOnce: 10 }),
      flood(() => honest.getStats({}), { count: 90, atOnce: 2 }),
    ]);
    const elapsedMs = performance.now() - startMs;
    expect(Object.fromEntries(others)).toEqual({ OK: 90 });
    const [answered = 0, refused = 0] = [outcomes.get('OK'), outcomes.get('callsPerSecond')];
    expect(answered).toBeGreaterThanOrEqual(100);
    expect(answered).toBeLessThanOrEqual(101 + (elapsedMs * 20) / 1_000);
    expect(answered + refused).toBe(190);
    expect(failure).toMatchObject({ code: 'RESOURCE_EXHAUSTED', reason: 'LIMIT_REACHED', retryDelayMs: 1_000 });
    expect(failure?.metadata).toEqual({ limit: 'callsPerSecond' });
  }, 60_000);

  test('loses its connection when it goes on and on, and not its membership', async () => {
    const { index, member } = await startNetwork({ callsPerSecond: 2 });
    const network = await enrol(member);
    const raw = callsOf(index, network);
    const { outcomes } = await flood(() => raw.getStats({}), { count: 300, atOnce: 50 });
    expect(outcomes.get('OK')).toBeGreaterThanOrEqual(10);
    expect(outcomes.get('UNREACHABLE')).toBeGreaterThan(0);
    // It is let in again, and waits as long as it is told.
    expect((await clientOf(index, network).index.stats()).peerCount).toBe(0);
  }, 60_000);

  test('has all of its calls answered by the SDK, which comes back when it is told to', async () => {
    const { index, member } = await startNetwork({ callsPerSecond: 20 });
    const { index: client } = clientOf(index, await enrol(member));
    const startMs = performance.now();
    await Promise.all(Array.from({ length: 120 }, () => client.stats()));
    // A hundred may be made at once.
    expect(performance.now() - startMs).toBeGreaterThan(900);
  }, 60_000);

  test('waits no longer for its calls than any call takes, and no longer than it wants to', async () => {
    const { index, member } = await startNetwork({ callsPerSecond: 1 });
    const client = closing(openIndex(index.address, { tls: await tlsOf(enrol(member)) }));
    const { outcomes } = await flood(() => client.stats(), { count: 60, atOnce: 60 });
    expect(outcomes.get('OK')).toBeGreaterThanOrEqual(5);
    expect(outcomes.get('callsPerSecond')).toBeGreaterThan(20);
    // Some may be made again by then, and these are more: whoever is refused waits for half a second at the least.
    const hasty = await flood(() => client.stats({ signal: AbortSignal.timeout(400) }), { count: 60, atOnce: 60 });
    expect(hasty.outcomes.get('CANCELLED')).toBeGreaterThan(20);
    expect(hasty.outcomes.get('callsPerSecond')).toBeUndefined();
  }, 60_000);

  test('of a peer gets its files all the same, only later', async () => {
    const { index, member } = await startNetwork();
    const [sharing, getting] = await Promise.all([enrol(member), enrol(member)]);
    const path = fresh('share');
    writeFiles(path, { 'a.txt': 'hello' });
    const { peer } = await startPeer({
      paths: [path],
      index: `127.0.0.1:${index.address.port}`,
      network: sharing,
      callsPerSecond: 2,
    });
    const direct = closing(openPeer(peer.address, { tls: () => getting.tlsOfPeer(peer.peerId) }));
    const { outcomes } = await flood(() => direct.listFilesPage(1), { count: 20, atOnce: 5 });
    expect(outcomes.get('callsPerSecond') ?? 0).toBeGreaterThan(0);
    const got = await clientOf(index, getting).get('a.txt', { folder: fresh('got') });
    expect(got).toMatchObject({ sizeBytes: 5 });
  }, 60_000);
});

async function tlsOf(enrolling: Promise<Network>) {
  const network = await enrolling;
  return () => network.tlsOfIndex();
}

describe('who enrols without end', () => {
  test('gets as many certificates as one user may, while others enrol, and renew theirs', async () => {
    const { index, admin, member } = await startNetwork({ enrolmentsPerMinute: 60 });
    const [managing, staying] = [usersOf(index, await enrol(admin)), await enrol(member)];
    const { token } = await managing.addUser({ name: 'eve', role: 2 });
    const authority = staying.tlsOfIndex().authority;
    const { networkId } = staying;
    const tls = { authority, expects: { kind: 'index', networkId } } as const;
    const service = closing(openChannel(index.address, 'index', tls)).client(EnrollmentServiceDefinition);
    const signingRequest = await makeRequest(await makeKey());
    const startMs = performance.now();
    const { outcomes, failure } = await flood(() => service.enroll({ signingRequest, token }), {
      count: 200,
      atOnce: 20,
    });
    const elapsedMs = performance.now() - startMs;
    const answered = outcomes.get('OK') ?? 0;
    expect(answered).toBeGreaterThanOrEqual(60);
    expect(answered).toBeLessThanOrEqual(61 + elapsedMs / 1_000);
    expect(outcomes.get('maxEnrolmentsPerUser')).toBe(200 - answered);
    expect(failure).toMatchObject({ code: 'RESOURCE_EXHAUSTED', reason: 'LIMIT_REACHED', retryDelayMs: 3_000 });
    // Another user, and whoever has a certificate, hears nothing of that.
    expect((await enrol(member)).identity.user).toBe('everyone');
    await staying.renew();
    // Of the same user, who comes back when it is told to is let in.
    expect((await enrol(member, token)).identity.user).toBe('eve');
  }, 120_000);

  test('by its certificate gets no more of them than it may, and may use a token then', async () => {
    const { index, member } = await startNetwork();
    const { networkId, addresses, token } = parseInvite(member);
    const network = closing(await openNetwork({ folder: fresh('machine'), networkId, addresses, token }));
    const tls = network.tlsOfIndex();
    const service = closing(openChannel(index.address, 'index', tls)).client(EnrollmentServiceDefinition);
    const signingRequest = await makeRequest(tls.privateKey ?? '');
    const { outcomes } = await flood(() => service.enroll({ signingRequest }), { count: 150, atOnce: 5 });
    expect(outcomes.get('OK')).toBeGreaterThanOrEqual(100);
    expect(outcomes.get('maxCertificateRenewalsPerPeer')).toBeGreaterThan(0);
    expect((await service.enroll({ signingRequest, token })).peerId).toBe(network.identity.peerId);
  }, 60_000);
});
