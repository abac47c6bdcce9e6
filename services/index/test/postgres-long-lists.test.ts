// What a message of a long list costs in PostgreSQL: it must not grow with the list.
import { createLogger } from '@cardume/service-kit';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import pg from 'pg';
import { describeWith } from '../../../tests/support/describe-with.ts';
import { until } from '../../../tests/support/until.ts';
import { openPostgresCatalog, type PostgresCatalog } from '../src/adapters/postgres/open-postgres-catalog.ts';
import type { ListEntry } from '../src/core/catalog.ts';
import { findPostgres, type PostgresServer, startPostgres } from './support/postgres-server.ts';
import { entry, joined, peer } from './support/tested-catalog.ts';

const logger = createLogger({ service: 'index', level: 'silent' });
const messageSize = 2_000;

describeWith({ name: 'PostgreSQL', command: findPostgres() }, 'long lists in PostgreSQL', (binaries) => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startPostgres(binaries);
  });
  afterAll(() => server.remove());

  for (const { kind, allowedUsers, tables } of [
    { kind: 'an open', allowedUsers: [], tables: ['names', 'holdings'] },
    { kind: 'a restricted', allowedUsers: ['alice'], tables: ['restricted_entries'] },
  ]) {
    test(`a message finds its names in ${kind} list by an index, whatever the length of the list`, async () => {
      const url = await server.newDatabase();
      const client = new pg.Client({ connectionString: url });
      await client.connect();
      /** A process of PostgreSQL tells what it read at the latest when it ends. */
      const withCatalog = async <Result>(work: (opened: PostgresCatalog) => Promise<Result>): Promise<Result> => {
        const opened = await openPostgresCatalog({ url, logger });
        const result = await work(opened).finally(() => opened.catalog.close());
        await until('its processes to end', async () => (await otherProcesses(client)) === 0);
        return result;
      };
      try {
        const peerKey = await withCatalog(async ({ catalog, nowMs }) => {
          const key = await joined(
            catalog,
            peer('long', { joinMs: nowMs(), expireMs: nowMs() + 60_000, allowedUsers }),
            [],
          );
          for (let first = 0; first < 20 * messageSize; first += messageSize) {
            await catalog.change(key, [], entries(first, messageSize), nowMs());
          }
          return key;
        });
        // What autovacuum does sooner or later: from then on PostgreSQL knows how long the list is.
        await client.query('VACUUM ANALYZE');
        const before = await rowsRead(client, tables);
        // Half of them are listed already.
        const outcome = await withCatalog(({ catalog, nowMs }) =>
          catalog.change(peerKey, [], entries(19.5 * messageSize, messageSize), nowMs()),
        );
        expect(outcome).toEqual({ takenFileCount: messageSize, removedFileCount: 0, entryCount: 20.5 * messageSize });
        const read = (await rowsRead(client, tables)) - before;
        expect(read).toBeGreaterThanOrEqual(messageSize / 2);
        // Of each table, a name is looked for by each of a few statements.
        expect(read).toBeLessThan(10 * messageSize);
      } finally {
        await client.end();
      }
    });
  }
});

async function otherProcesses(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ count: string }>(
    `SELECT count(*) FROM pg_stat_activity
     WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()`,
  );
  return Number(rows[0]?.count);
}

/** How many rows of tables were read so far, by an index or without. */
async function rowsRead(client: pg.Client, tables: readonly string[]): Promise<number> {
  const { rows } = await client.query<{ count: string }>(
    `SELECT sum(seq_tup_read + idx_tup_fetch) AS count FROM pg_stat_user_tables WHERE relname = ANY($1)`,
    [tables],
  );
  return Number(rows[0]?.count);
}

function entries(first: number, count: number): ListEntry[] {
  return Array.from({ length: count }, (_, at) => entry(`folder ${first + at}/file ${first + at}.bin`));
}
