import type { Database, Queries } from './database.ts';
import { advisoryLocks, migrations } from './schema.ts';

/** Why a database cannot be used, in words that go on after its name. */
export class UnusableDatabase extends Error {}

/**
 * Brings the schema to this version, once, however many replicas start together.
 *
 * @throws UnusableDatabase
 */
export async function migrate(database: Database): Promise<void> {
  await database.transaction(async (queries) => {
    await queries.query('SELECT pg_advisory_xact_lock($1)', [advisoryLocks.migrating]);
    await checkServer(queries);
    await queries.query('CREATE SCHEMA IF NOT EXISTS cardume');
    await queries.query('CREATE TABLE IF NOT EXISTS cardume.schema_version (version integer NOT NULL)');
    const [found] = await queries.query<{ version: number }>('SELECT version FROM cardume.schema_version');
    const version = found?.version ?? 0;
    if (version > migrations.length) {
      throw new UnusableDatabase('was made by a newer version of the index; run that one, or name another database');
    }
    if (version === migrations.length) return;
    await makeTrigrams(queries);
    for (const migration of migrations.slice(version)) await queries.query(migration);
    await queries.query('DELETE FROM cardume.schema_version');
    await queries.query('INSERT INTO cardume.schema_version VALUES ($1)', [migrations.length]);
  });
}

async function checkServer(queries: Queries): Promise<void> {
  const [found] = await queries.query<{ encoding: string; version: number }>(
    `SELECT current_setting('server_encoding') AS encoding, current_setting('server_version_num')::integer AS version`,
  );
  if (found?.encoding !== 'UTF8') {
    throw new UnusableDatabase(`has the encoding ${found?.encoding}; make one with ENCODING 'UTF8' TEMPLATE template0`);
  }
  if (found.version < 130_000) throw new UnusableDatabase('is on a PostgreSQL before 13; take a newer one');
}

async function makeTrigrams(queries: Queries): Promise<void> {
  const installed = await queries.query("SELECT 1 FROM pg_extension WHERE extname = 'pg_trgm'");
  if (installed.length > 0) return;
  try {
    await queries.query('CREATE EXTENSION pg_trgm');
  } catch (error) {
    throw new UnusableDatabase(
      'has no extension pg_trgm, and this user may not make it; install the contrib modules, and let an administrator run: ' +
        'CREATE EXTENSION pg_trgm',
      { cause: error },
    );
  }
}
