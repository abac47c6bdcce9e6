import { createLogger } from '@cardume/service-kit';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { until } from '../../../../tests/support/until.ts';
import { openSqliteCatalog } from '../../src/adapters/sqlite/open-sqlite-catalog.ts';
import { createAddressPolicy } from '../../src/core/addresses/address-policy.ts';
import { DialBudget } from '../../src/core/addresses/dial-budget.ts';
import type { Catalog, PeerRecord } from '../../src/core/catalog.ts';
import { type DialBackOutcome, noIndexMetrics } from '../../src/core/index-metrics.ts';
import { createReachability, type Reachability } from '../../src/core/leases/reachability.ts';
import { peerIdOf } from '../support/listed.ts';

const leaseTtlMs = 30_000;
const host = '127.0.0.1';
const caller = { seenHost: host, certifiedPeerId: undefined };
const peerId = peerIdOf('a');

let catalog: Catalog;
let reachability: Reachability;
let nowMs: number;
let dialCount: number;
/** Where names lead to, and what was dialled of it. */
let addressesOf: (host: string, signal: AbortSignal) => Promise<string[]>;
let dialledAddresses: readonly string[][];
let outcomes: DialBackOutcome[];
/** What waits for the time to be over. */
let tasks: Set<() => void>;
/** What answers at the peer's address. */
let answer: (signal: AbortSignal) => Promise<string>;

beforeEach(async () => {
  nowMs = 1_000_000;
  dialCount = 0;
  addressesOf = async (host) => [host];
  dialledAddresses = [];
  outcomes = [];
  tasks = new Set();
  answer = async () => peerId;
  catalog = openSqliteCatalog({ file: ':memory:' });
  const secretHash = new Uint8Array(32);
  const lease = { host, port: 1, shareName: '', secretHash, joinMs: nowMs, expireMs: nowMs * 2 };
  await catalog.join({ peerId, ...lease }, [], undefined);
  reachability = createReachability({
    catalog,
    dialBack: {
      resolve: (host, signal) => addressesOf(host, signal),
      askPeerId(_address, addresses, signal) {
        dialCount += 1;
        dialledAddresses = [...dialledAddresses, [...addresses]];
        return answer(signal);
      },
    },
    policy: createAddressPolicy(),
    budget: new DialBudget(() => nowMs),
    timers: {
      after(_delayMs, task) {
        tasks.add(task);
        return () => tasks.delete(task);
      },
    },
    nowMs: () => nowMs,
    leaseTtlMs,
    logger: createLogger({ service: 'test', level: 'silent' }),
    metrics: { ...noIndexMetrics, dialledBack: (outcome) => outcomes.push(outcome) },
  });
});
afterEach(async () => {
  await reachability.stop();
  await catalog.close();
});

async function stored(): Promise<PeerRecord> {
  const peer = await catalog.findPeer(peerId, nowMs);
  if (peer === undefined) throw new Error('the peer is gone');
  return peer;
}

/** Has the peer renew after some time, and waits for the dial that it leads to, if it leads to one. */
async function renewAfter(delayMs: number): Promise<void> {
  nowMs += delayMs;
  reachability.checkAgain(await stored(), host);
  if (tasks.size > 0) await until('the outcome', async () => (await stored()).dialMs === nowMs);
}

test('a peer that was reached is dialled again after ten leases, and loses its mark when it does not answer', async () => {
  expect(await reachability.check(await stored(), caller)).toBe(true);
  answer = () => Promise.reject(new Error('nobody is there'));
  await renewAfter(10 * leaseTtlMs - 1);
  expect(dialCount).toBe(1);
  expect((await stored()).reachable).toBe(true);
  await renewAfter(1);
  expect(dialCount).toBe(2);
  expect((await stored()).reachable).toBe(false);
});

test('a peer that was not reached is dialled again after one lease', async () => {
  answer = async () => peerIdOf('another');
  expect(await reachability.check(await stored(), caller)).toBe(false);
  answer = async () => peerId;
  await renewAfter(leaseTtlMs - 1);
  expect(dialCount).toBe(1);
  await renewAfter(1);
  expect((await stored()).reachable).toBe(true);
});

test('a dial that is called off takes no mark away', async () => {
  expect(await reachability.check(await stored(), caller)).toBe(true);
  answer = (signal) => new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
  nowMs += 10 * leaseTtlMs;
  reachability.checkAgain(await stored(), host);
  await until('the dial', () => dialCount === 2);
  await reachability.stop();
  expect((await stored()).reachable).toBe(true);
});

/** Passes the time that a dial back may take. */
function passTime(): void {
  for (const task of tasks) task();
}

test('what was looked up is dialled, and not looked up again', async () => {
  let lookUps = 0;
  addressesOf = async () => {
    lookUps += 1;
    return lookUps === 1 ? ['203.0.113.1', '2001:db8::1'] : ['127.0.0.1'];
  };
  const peer = { ...(await stored()), host: 'name.example' };
  expect(await reachability.check(peer, { ...caller, seenHost: '203.0.113.1' })).toBe(true);
  expect(dialledAddresses).toEqual([['203.0.113.1', '2001:db8::1']]);
  expect(lookUps).toBe(1);
});

test.each([
  [['127.0.0.1']],
  [['10.0.0.1']],
  [['9.9.9.9', '127.0.0.1']],
  [['::ffff:10.0.0.1']],
  [['64:ff9b::7f00:1']],
  [['224.0.0.1']],
])('a name that leads to an address that its peer may not have is not dialled: %j', async (addresses) => {
  addressesOf = async () => addresses;
  const checking = reachability.check(
    { ...(await stored()), host: 'name.example' },
    { ...caller, seenHost: '9.9.9.9' },
  );
  await until('the outcome', () => outcomes.length > 0);
  passTime();
  expect(await checking).toBe(false);
  expect([outcomes, dialCount]).toEqual([['not_allowed'], 0]);
  expect((await stored()).reachable).toBe(false);
});

test('a name that leads to a crowd is not dialled', async () => {
  addressesOf = async () => Array.from({ length: 9 }, (_, at) => `9.9.9.${at}`);
  const checking = reachability.check(
    { ...(await stored()), host: 'name.example' },
    { ...caller, seenHost: '9.9.9.9' },
  );
  await until('the outcome', () => outcomes.length > 0);
  passTime();
  expect([await checking, outcomes, dialCount]).toEqual([false, ['failed'], 0]);
});

test('a peer that has moved is not dialled any more where it may no longer be', async () => {
  const peer = { ...(await stored()), host: '10.0.0.1' };
  nowMs += 10 * leaseTtlMs;
  reachability.checkAgain(peer, '9.9.9.9');
  await until('the outcome', () => outcomes.length > 0);
  expect([outcomes, dialCount]).toEqual([['not_allowed'], 0]);
});

test.each([
  ['nobody is there', () => Promise.reject(new Error('refused'))],
  ['another one answers', async () => peerIdOf('another')],
])('does not tell by its time whether a port of somebody else is open: %s', async (_what, found) => {
  answer = found;
  let isTold = false;
  const checking = reachability.check({ ...(await stored()), host: '127.0.0.2' }, caller).then((reachable) => {
    isTold = true;
    return reachable;
  });
  await until('the outcome to be stored', async () => (await stored()).dialMs === nowMs);
  // Whatever was to be told at once is told by then.
  await new Promise(setImmediate);
  expect(isTold).toBe(false);
  passTime();
  expect(await checking).toBe(false);
});

test('a dial back that fails at the own address of a caller is told at once', async () => {
  answer = () => Promise.reject(new Error('refused'));
  expect(await reachability.check({ ...(await stored()), host: '::ffff:127.0.0.1' }, caller)).toBe(false);
});

test('a name whose look-up takes too long is given up, and a stop tells those who wait', async () => {
  const fired = (signal: AbortSignal) =>
    new Promise<never>((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
  addressesOf = (_host, signal) => fired(signal);
  const peer = { ...(await stored()), host: 'name.example' };
  const first = reachability.check(peer, caller);
  passTime();
  expect([await first, outcomes]).toEqual([false, ['failed']]);
  const second = reachability.check(peer, caller);
  await reachability.stop();
  expect(await second).toBe(false);
});

test('who was dialled in vain too often is not dialled, and keeps its mark', async () => {
  expect(await reachability.check(await stored(), caller)).toBe(true);
  answer = () => Promise.reject(new Error('refused'));
  for (let join = 0; join < 60; join += 1) {
    await reachability.check({ ...(await stored()), peerKey: 1_000 + join }, caller);
  }
  dialCount = 0;
  expect(await reachability.check(await stored(), caller)).toBe(false);
  expect([dialCount, outcomes.at(-1)]).toEqual([0, 'skipped']);
  expect((await stored()).reachable).toBe(true);
});
