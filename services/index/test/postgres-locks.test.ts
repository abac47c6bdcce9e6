// Who waits for whom in PostgreSQL, and leases over a time in which it was away.
import { setTimeout as sleep } from 'node:timers/promises';
import { createLogger } from '@cardume/service-kit';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import pg from 'pg';
import { describeWith } from '../../../tests/support/describe-with.ts';
import { until } from '../../../tests/support/until.ts';
import { openPostgresCatalog, type PostgresCatalog } from '../src/adapters/postgres/open-postgres-catalog.ts';
import type { Catalog, ListEntry, PeerInit } from '../src/core/catalog.ts';
import { peerIdOf } from './support/listed.ts';
import { findPostgres, type PostgresServer, startPostgres } from './support/postgres-server.ts';
import { entry, joined, peer as peerOf } from './support/tested-catalog.ts';

const logger = createLogger({ service: 'index', level: 'silent' });

describeWith({ name: 'PostgreSQL', command: findPostgres() }, 'locks and leases in PostgreSQL', (binaries) => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startPostgres(binaries);
  });
  afterAll(() => server.remove());

  const openAll = (url: string, count: number): Promise<PostgresCatalog[]> =>
    Promise.all(Array.from({ length: count }, () => openPostgresCatalog({ url, logger })));
  const connect = async (url: string): Promise<pg.Client> => {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    return client;
  };

  test('joins, changes, clearing, renewals and heartbeats at several replicas never wait in a circle', async () => {
    const url = await server.newDatabase();
    const opened = await openAll(url, 3);
    const nowMs = opened[0]?.nowMs() ?? 0;
    /** Some of 60 names, in one order or the other. */
    const some = (from: number, count: number): ListEntry[] => {
      const entries = Array.from({ length: count }, (_, at) => entry(`name ${(from + at) % 60}`));
      return from % 2 === 0 ? entries : entries.reverse();
    };
    const kept: number[] = [];
    for (let number = 0; number < 40; number += 1) {
      kept.push(await joined((opened[0] as PostgresCatalog).catalog, peer(`kept ${number}`, nowMs), []));
    }
    let writing = true;
    const write = async (catalog: Catalog, number: number): Promise<void> => {
      for (let round = 0; round < 15; round += 1) {
        const from = number * 17 + round * 11;
        const peerKey = await joined(catalog, peer(`${number} ${round}`, nowMs), some(from, 12));
        const removed = some(from + 3, 5).map(({ name }) => name);
        await catalog.change(peerKey, removed, some(from + 7, 8), nowMs);
        await catalog.retire(peerKey, nowMs);
      }
    };
    const meanwhile = async (work: (round: number) => Promise<unknown>): Promise<void> => {
      for (let round = 0; writing; round += 1) await work(round);
    };
    await Promise.all([
      Promise.all(
        opened.flatMap(({ catalog }, replica) => [0, 3, 6].map((offset) => write(catalog, replica + offset))),
      ).finally(() => {
        writing = false;
      }),
      ...opened.map(({ catalog }) => meanwhile(() => catalog.clearRetired(50))),
      ...opened.map(({ catalog }, replica) =>
        meanwhile((round) => {
          const keys = (replica + round) % 2 === 0 ? kept : kept.toReversed();
          return Promise.all(keys.map((key) => catalog.renew(key, nowMs, nowMs + 1e9)));
        }),
      ),
      // Ten seconds forth and back: each puts all leases off.
      meanwhile((round) => (opened[0] as PostgresCatalog).catalog.heartbeat(nowMs + (round % 2) * 10_000)),
    ]);
    const [{ catalog }] = opened as [PostgresCatalog];
    while ((await catalog.clearRetired(100)) > 0);
    expect(await catalog.stats(nowMs)).toMatchObject({
      peerCount: 40,
      holdingCount: 0,
      fileCount: 0,
      totalSizeBytes: 0,
    });
    await Promise.all(opened.map((each) => each.catalog.close()));
    const client = await connect(url);
    const { rows } = await client.query(
      `SELECT deadlocks::integer, (SELECT count(*)::integer FROM cardume.names) AS names
       FROM pg_stat_database WHERE datname = current_database()`,
    );
    await client.end();
    expect(rows).toEqual([{ deadlocks: 0, names: 0 }]);
  });

  test('a renewal waits for the long change of its own list, and no other one does', async () => {
    const url = await server.newDatabase();
    const [{ catalog, nowMs }] = (await openAll(url, 1)) as [PostgresCatalog];
    const startMs = nowMs();
    const [busy, ...others] = await Promise.all(
      ['busy', 'b', 'c'].map((label) => joined(catalog, peer(label, startMs), [])),
    );
    const client = await connect(url);
    await client.query('BEGIN');
    await client.query('SELECT 1 FROM cardume.peers WHERE peer_key = $1 FOR UPDATE', [busy]);
    let ended = false;
    const waiting = catalog.renew(busy as number, startMs, startMs + 5_000).finally(() => {
      ended = true;
    });
    // Those of the same batch, and of later ones.
    for (let round = 0; round < 3; round += 1) {
      const renewed = await Promise.all(others.map((key) => catalog.renew(key, startMs, startMs + 1e9)));
      expect(renewed).toEqual([true, true]);
    }
    expect(ended).toBe(false);
    await client.query('COMMIT');
    expect(await waiting).toBe(true);
    expect(await catalog.findPeer(peerIdOf('busy'), startMs)).toMatchObject({ expireMs: startMs + 5_000 });
    await client.end();
    await catalog.close();
  });

  test('the first call after the database was away finds the leases that stood still meanwhile', async () => {
    const ttlMs = 3_000;
    const [{ catalog, nowMs }] = (await openAll(await server.newDatabase(), 1)) as [PostgresCatalog];
    await catalog.resume(nowMs(), ttlMs);
    const peerKey = await joined(catalog, peer('a', nowMs(), ttlMs), [entry('x')]);
    await joined(catalog, peer('b', nowMs(), ttlMs), []);
    await catalog.heartbeat(nowMs());
    await server.stop('immediate');
    // Longer than the lease, and than a heartbeat may be missing.
    await sleep(6_000);
    await server.start();
    const expired = await until('the database', async () => {
      try {
        return await catalog.retireExpired(nowMs(), 10);
      } catch {
        return undefined;
      }
    });
    expect(expired).toEqual([]);
    expect(await catalog.findPeer(peerIdOf('a'), nowMs())).toMatchObject({ fileCount: 1 });
    expect(await catalog.renew(peerKey, nowMs(), nowMs() + ttlMs)).toBe(true);
    await catalog.close();
  });
});

/** A peer whose lease begins now. */
function peer(label: string, nowMs: number, ttlMs = 1e9): PeerInit {
  return peerOf(label, { joinMs: nowMs, expireMs: nowMs + ttlMs });
}
