// Several indexes on one PostgreSQL, as processes that are killed, and a database that goes away and comes back.
import { join } from 'node:path';
import { type IndexClient, openIndex, parseAddress } from '@cardume/client';
import { type IndexOptions, startIndex } from '@cardume/index';
import { createLogger } from '@cardume/service-kit';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import pg from 'pg';
import { describeWith } from '../../../tests/support/describe-with.ts';
import { failureOf } from '../../../tests/support/failure-of.ts';
import { type StartedProcess, startProcess } from '../../../tests/support/start-process.ts';
import { until } from '../../../tests/support/until.ts';
import { openPostgresCatalog } from '../src/adapters/postgres/open-postgres-catalog.ts';
import type { Catalog } from '../src/core/catalog.ts';
import { joinInput, listed, peerIdOf } from './support/listed.ts';
import { findPostgres, type PostgresServer, startPostgres } from './support/postgres-server.ts';

const script = join(import.meta.dirname, 'support/index-process.ts');
const logger = createLogger({ service: 'index', level: 'silent' });

interface Replica {
  process: StartedProcess;
  index: IndexClient;
}

describeWith({ name: 'PostgreSQL', command: findPostgres() }, 'replicas', (binaries) => {
  let server: PostgresServer;
  const replicas: Replica[] = [];
  beforeAll(async () => {
    server = await startPostgres(binaries);
  });
  afterEach(async () => {
    for (const { process, index } of replicas.splice(0)) {
      index.close();
      process.kill('SIGKILL');
      await process.waitForEnd();
    }
  });
  afterAll(() => server.remove());

  const startReplica = async (options: IndexOptions): Promise<Replica> => {
    const replica = startProcess(process.execPath, [script, JSON.stringify({ listen: '127.0.0.1:0', ...options })], {});
    const { address } = await replica.waitForObject('listening');
    const started = { process: replica, index: openIndex(parseAddress(String(address), 'address')) };
    replicas.push(started);
    return started;
  };
  const names = async (index: IndexClient, query: string): Promise<string[]> =>
    (await index.search({ query })).hits.map(({ name }) => name);

  test('a join at one is found at the others within a second, and lives on by renewals at any, when one is killed', async () => {
    const database = await server.newDatabase();
    const leaseTtlMs = 3_000;
    const [first, second, third] = await Promise.all([1, 2, 3].map(() => startReplica({ database, leaseTtlMs })));
    if (first === undefined || second === undefined || third === undefined) throw new Error('too few');
    const lease = await first.index.join(joinInput([listed('joined.iso')], { peerId: peerIdOf('a') }));
    const startMs = performance.now();
    for (const { index } of [second, third]) expect(await names(index, 'joined')).toEqual(['joined.iso']);
    expect(performance.now() - startMs).toBeLessThan(1_000);

    first.process.kill('SIGKILL');
    for (let round = 0; round < 5; round += 1) {
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      const { index } = round % 2 === 0 ? second : third;
      expect(await index.renew(lease)).toMatchObject({ fileCount: 1 });
      expect(await names(index, 'joined')).toEqual(['joined.iso']);
    }
    expect(await second.index.publish(lease, [{ added: [listed('more.iso')] }])).toMatchObject({ fileCount: 2 });
    expect(await names(third.index, 'more')).toEqual(['more.iso']);
  });

  test('who watches at one hears of what happens at the others, once, and goes on at another', async () => {
    const database = await server.newDatabase();
    const [first, second] = await Promise.all([1, 2].map(() => startReplica({ database, leaseTtlMs: 2_000 })));
    if (first === undefined || second === undefined) throw new Error('too few');
    const messages = first.index.watch();
    await messages.next();
    const next = async (stream = messages) => {
      for (;;) {
        const { value, done } = await stream.next();
        if (done === true) throw new Error('the stream ended');
        if (value.change !== undefined) return value;
      }
    };
    await second.index.join(joinInput([listed('x')], { peerId: peerIdOf('a') }));
    expect((await next()).change).toMatchObject({ kind: 'peer-joined', peerId: peerIdOf('a') });
    const { resumeToken, change } = await next();
    expect(change).toMatchObject({ kind: 'list-changed', added: [{ name: 'x' }] });
    expect((await next()).change).toEqual({ kind: 'peer-left', peerId: peerIdOf('a'), expired: true });
    await second.index.join(joinInput([], { peerId: peerIdOf('b') }));
    expect((await next()).change).toMatchObject({ kind: 'peer-joined', peerId: peerIdOf('b') });
    first.process.kill('SIGKILL');
    const again = second.index.watch({ resumeToken });
    expect((await next(again)).change).toMatchObject({ kind: 'peer-left' });
    expect((await next(again)).change).toMatchObject({ kind: 'peer-joined', peerId: peerIdOf('b') });
    await Promise.all([messages.return(), again.return()]);
    // Both replicas look for leases that are over; one of them ended it.
    const client = new pg.Client({ connectionString: database });
    await client.connect();
    const { rows } =
      await client.query(`SELECT count(*)::integer AS count FROM cardume.changes WHERE event LIKE '%"left"%'
      AND peer_id = '${peerIdOf('a')}'`);
    await client.end();
    expect(rows).toEqual([{ count: 1 }]);
  });

  test('a database that goes away makes calls UNAVAILABLE, and what was acknowledged is there when it is back', async () => {
    const database = await server.newDatabase();
    const { index, process: replica } = await startReplica({ database, leaseTtlMs: 10_000 });
    const lease = await index.join(joinInput([listed('before')], { peerId: peerIdOf('a') }));
    for (const how of ['fast', 'immediate'] as const) {
      await server.stop(how);
      for (const call of [
        () => index.search({ query: 'before' }),
        () => index.renew(lease),
        () => index.publish(lease, [{ added: [listed('meanwhile')] }]),
        () => index.stats(),
        () => index.join(joinInput([], { peerId: peerIdOf('b') })),
      ]) {
        expect(await failureOf(call)).toMatchObject({ reason: 'STORAGE_UNAVAILABLE', code: 'UNAVAILABLE' });
      }
      // Longer than a heartbeat may be missing, but not longer than the lease.
      await new Promise((resolve) => setTimeout(resolve, 2_000));
      await server.start();
      await until('the index to be back', async () => {
        try {
          return await index.renew(lease);
        } catch {
          return undefined;
        }
      });
      expect(await names(index, 'before')).toEqual(['before']);
      expect(await names(index, 'meanwhile')).toEqual([]);
    }
    expect(await index.publish(lease, [{ added: [listed('after')] }])).toMatchObject({ fileCount: 2 });
    expect(replica.stderr).not.toContain('a%20secret');
    expect(replica.stderr).not.toContain('a secret');
  });

  test('leases stand still while the database is away', async () => {
    const database = await server.newDatabase();
    const { index } = await startReplica({ database, leaseTtlMs: 4_000 });
    await index.join(joinInput([listed('x')], { peerId: peerIdOf('a') }));
    await server.stop('fast');
    await new Promise((resolve) => setTimeout(resolve, 8_000));
    await server.start();
    await until('the peer to be found', async () => {
      try {
        return (await names(index, 'x')).length > 0;
      } catch {
        return false;
      }
    });
  });

  test('those that start together on an empty database make its tables once, and a newer version is refused', async () => {
    const url = await server.newDatabase();
    const opened = await Promise.all(Array.from({ length: 5 }, () => openPostgresCatalog({ url, logger })));
    await Promise.all(opened.map(({ catalog }) => catalog.close()));
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    expect((await client.query('SELECT * FROM cardume.schema_version')).rows).toHaveLength(1);
    await client.query('UPDATE cardume.schema_version SET version = 1000');
    await client.end();
    const failure = await failureOf(() => startIndex({ database: url, listen: '127.0.0.1:0', logLevel: 'silent' }));
    expect(failure).toMatchObject({ reason: 'INVALID_FIELD', fieldViolations: [{ field: '--database' }] });
    expect(failure.message).toMatch(/^--database: postgres:\/\/127\.0\.0\.1:\d+\/test_\d+ was made by a newer version/);
  });

  test('a database that cannot be used is named without its password', async () => {
    const url = new URL(await server.newDatabase());
    for (const change of [
      (other: URL) => (other.pathname = '/nowhere'),
      (other: URL) => (other.password = 'another'),
    ]) {
      const other = new URL(url);
      change(other);
      const failure = await failureOf(() =>
        startIndex({ database: other.href, listen: '127.0.0.1:0', logLevel: 'silent' }),
      );
      expect(failure.reason).toBe('INVALID_FIELD');
      expect(failure.message).toContain(`postgres://127.0.0.1:${server.port}${other.pathname} cannot be used`);
      expect(failure.message).not.toContain(other.password);
    }
  });

  test('writers at several replicas lose nothing and wait for nobody for ever', async () => {
    const url = await server.newDatabase();
    const catalogs = await Promise.all(Array.from({ length: 3 }, () => openPostgresCatalog({ url, logger })));
    const nowMs = catalogs[0]?.nowMs() ?? 0;
    const entries = (from: number, count: number) =>
      Array.from({ length: count }, (_, at) => {
        const { modifyTime: _time, partial = false, ...file } = listed(`shared ${from + at}`);
        return { ...file, folder: undefined, partial, modifyMs: 1 };
      });
    // All list and drop the same names at the same time, in other orders.
    const churn = async (catalog: Catalog, number: number): Promise<void> => {
      const secretHash = new Uint8Array(32);
      const peer = { peerId: peerIdOf(`${number}`), host: 'h', port: 1, shareName: '', secretHash, joinMs: nowMs };
      const joined = await catalog.join({ ...peer, expireMs: nowMs + 1e9 }, entries(0, 50), undefined);
      if (joined.kind !== 'joined') throw new Error(joined.kind);
      for (let round = 0; round < 15; round += 1) {
        const some = entries((round * 7 + number) % 40, 30);
        if (number % 2 === 1) some.reverse();
        const names = some.map(({ name }) => name);
        await catalog.change(joined.peerKey, names, [], nowMs);
        await catalog.change(joined.peerKey, [], some, nowMs);
      }
      if (number >= 6) await catalog.retire(joined.peerKey, nowMs);
    };
    await Promise.all(
      catalogs.flatMap((opened, replica) => [0, 3, 6, 9].map((offset) => churn(opened.catalog, replica + offset))),
    );
    const [{ catalog } = { catalog: undefined }] = catalogs;
    if (catalog === undefined) throw new Error('too few');
    while ((await catalog.clearRetired(100)) > 0);
    const stats = await catalog.stats(nowMs);
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    const count = async (sql: string): Promise<unknown> =>
      (await client.query(`SELECT ${sql} AS found`)).rows[0]?.found;
    expect(stats).toMatchObject({ peerCount: 6 });
    expect(await count('(SELECT count(*)::integer FROM cardume.holdings)')).toBe(stats.holdingCount);
    expect(await count('(SELECT count(*)::integer FROM cardume.files)')).toBe(stats.fileCount);
    expect(await count('(SELECT count(*)::integer FROM cardume.names)')).toBe(stats.fileCount);
    const wrongCounts = `(SELECT count(*)::integer FROM cardume.files f WHERE f.whole_count <>
      (SELECT count(*) FROM cardume.holdings h WHERE h.file_key = f.file_key))`;
    expect(await count(wrongCounts)).toBe(0);
    const lost = `(SELECT count(*)::integer FROM cardume.holdings h WHERE NOT EXISTS
      (SELECT 1 FROM cardume.files f JOIN cardume.names n USING (name_key) WHERE f.file_key = h.file_key))`;
    expect(await count(lost)).toBe(0);
    await client.end();
    await Promise.all(catalogs.map((opened) => opened.catalog.close()));
  });
});
