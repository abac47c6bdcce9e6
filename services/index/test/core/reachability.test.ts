import { createLogger } from '@cardume/service-kit';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { until } from '../../../../tests/support/until.ts';
import { openSqliteCatalog } from '../../src/adapters/sqlite/open-sqlite-catalog.ts';
import type { Catalog, PeerRecord } from '../../src/core/catalog.ts';
import { noIndexMetrics } from '../../src/core/index-metrics.ts';
import { createReachability, type Reachability } from '../../src/core/leases/reachability.ts';
import { peerIdOf } from '../support/listed.ts';

const leaseTtlMs = 30_000;
const peerId = peerIdOf('a');

let catalog: Catalog;
let reachability: Reachability;
let nowMs: number;
let dialCount: number;
/** What answers at the peer's address. */
let answer: (signal: AbortSignal) => Promise<string>;

beforeEach(async () => {
  nowMs = 1_000_000;
  dialCount = 0;
  answer = async () => peerId;
  catalog = openSqliteCatalog({ file: ':memory:' });
  const secretHash = new Uint8Array(32);
  const lease = { host: '127.0.0.1', port: 1, shareName: '', secretHash, joinMs: nowMs, expireMs: nowMs * 2 };
  await catalog.join({ peerId, ...lease }, [], undefined);
  reachability = createReachability({
    catalog,
    askPeerId: (_address, signal) => {
      dialCount += 1;
      return answer(signal);
    },
    nowMs: () => nowMs,
    leaseTtlMs,
    logger: createLogger({ service: 'test', level: 'silent' }),
    metrics: noIndexMetrics,
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
  const dialsBefore = dialCount;
  reachability.checkAgain(await stored());
  if (dialCount > dialsBefore) await until('the outcome', async () => (await stored()).dialMs === nowMs);
}

test('a peer that was reached is dialled again after ten leases, and loses its mark when it does not answer', async () => {
  expect(await reachability.check(await stored())).toBe(true);
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
  expect(await reachability.check(await stored())).toBe(false);
  answer = async () => peerId;
  await renewAfter(leaseTtlMs - 1);
  expect(dialCount).toBe(1);
  await renewAfter(1);
  expect((await stored()).reachable).toBe(true);
});

test('a dial that is called off takes no mark away', async () => {
  expect(await reachability.check(await stored())).toBe(true);
  answer = (signal) => new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
  nowMs += 10 * leaseTtlMs;
  reachability.checkAgain(await stored());
  expect(dialCount).toBe(2);
  await reachability.stop();
  expect((await stored()).reachable).toBe(true);
});
