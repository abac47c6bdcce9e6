// How an index comes to its PostgreSQL: one that is not there yet, and users who may do little.
import { join } from 'node:path';
import { createLogger } from '@cardume/service-kit';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import pg from 'pg';
import { describeWith } from '../../../tests/support/describe-with.ts';
import { failureOf } from '../../../tests/support/failure-of.ts';
import { startProcess } from '../../../tests/support/start-process.ts';
import { waitForPostgres } from '../src/adapters/postgres/wait-for-postgres.ts';
import { findPostgres, type PostgresServer, startPostgres } from './support/postgres-server.ts';

const script = join(import.meta.dirname, 'support/index-process.ts');
const logger = createLogger({ service: 'index', level: 'silent' });

describeWith({ name: 'PostgreSQL', command: findPostgres() }, 'coming to a PostgreSQL', (binaries) => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startPostgres(binaries);
  });
  afterAll(() => server.remove());

  const run = async (database: string, ...statements: string[]): Promise<void> => {
    const client = new pg.Client({ connectionString: database });
    await client.connect();
    for (const statement of statements) await client.query(statement);
    await client.end();
  };
  const open = async (database: string): Promise<void> => {
    const { catalog } = await waitForPostgres({ url: database, logger }, 0);
    await catalog.close();
  };
  let userCount = 0;
  /** A URL for a user who may only connect. */
  const asUser = async (database: string): Promise<{ url: string; user: string }> => {
    const user = `user_${userCount++}`;
    await run(database, `CREATE ROLE ${user} LOGIN PASSWORD 'hunter2'`);
    const url = new URL(database);
    url.username = user;
    url.password = 'hunter2';
    return { url: url.href, user };
  };

  test('a database that is not there yet is waited for, which the log says without the password', async () => {
    const database = await server.newDatabase();
    await server.stop('fast');
    const index = startProcess(process.execPath, [script, JSON.stringify({ listen: '127.0.0.1:0', database })], {});
    try {
      await index.waitForLine(/waiting for the database/);
      await server.start();
      await index.waitForObject('listening');
      expect(index.stderr).toContain(`postgres://127.0.0.1:${server.port}${new URL(database).pathname}`);
      expect(index.stderr).not.toMatch(/a%20secret|a secret/);
    } finally {
      index.kill('SIGKILL');
      await index.waitForEnd();
    }
  });

  test.each([
    ['a host where nobody listens', 'postgres://cardume:hunter2@127.0.0.1:1/files', 'postgres://127.0.0.1:1/files'],
    ['a name of several addresses', 'postgres://cardume:hunter2@localhost:1/files', 'postgres://localhost:1/files'],
    ['a Unix socket', 'postgres:///files?host=/nowhere&user=cardume&password=hunter2', 'postgres:///files'],
  ])('one that does not come is named, and its password is not: %s', async (_what, url, name) => {
    const failure = await failureOf(() => waitForPostgres({ url, logger }, 100));
    expect(failure).toMatchObject({ reason: 'INVALID_FIELD', fieldViolations: [{ field: '--database' }] });
    expect(failure.message).toMatch(new RegExp(`^--database: ${name} does not answer for 0.1 s: .+`));
    expect(failure.message).not.toContain('hunter2');
  });

  test('a user who may make nothing is told what an administrator has to make, and then needs no more', async () => {
    const database = await server.newDatabase();
    const { url, user } = await asUser(database);
    expect((await failureOf(() => open(url))).message).toContain('CREATE SCHEMA cardume AUTHORIZATION USER');
    await run(database, `CREATE SCHEMA cardume AUTHORIZATION ${user}`);
    expect((await failureOf(() => open(url))).message).toMatch(/no extension pg_trgm.+CREATE EXTENSION pg_trgm$/);
    await run(database, 'CREATE EXTENSION pg_trgm');
    await open(url);
    await open(url);
  });

  test('the extension may be in any schema', async () => {
    const database = await server.newDatabase();
    await run(database, 'CREATE SCHEMA "Ext ensions"', 'CREATE EXTENSION pg_trgm SCHEMA "Ext ensions"');
    await open(database);
  });
});
