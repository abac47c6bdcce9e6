import type { Database, Queries } from './database.ts';
import { advisoryLocks, migrations } from './schema.ts';
import { isRefused, storageFailureOf } from './storage-failure.ts';

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
    await makeSchema(queries);
    await queries.query('CREATE TABLE IF NOT EXISTS cardume.schema_version (version integer NOT NULL)');
    const [found] = await queries.query<{ version: number }>('SELECT version FROM cardume.schema_version');
    const version = found?.version ?? 0;
    if (version > migrations.length) {
      throw new UnusableDatabase('was made by a newer version of the index; run that one, or name another database');
    }
    if (version === migrations.length) return;
    await makeTrigrams(queries);
    // The extension may be in any schema.
    await queries.query(
      `SELECT set_config('search_path', quote_ident(nspname), true) FROM pg_extension
       JOIN pg_namespace n ON n.oid = extnamespace WHERE extname = 'pg_trgm'`,
    );
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

/** Asked for only when it is missing: PostgreSQL refuses who may not make it, also when it is there. */
async function makeSchema(queries: Queries): Promise<void> {
  const made = await queries.query("SELECT 1 FROM pg_namespace WHERE nspname = 'cardume'");
  if (made.length > 0) return;
  try {
    await queries.query('CREATE SCHEMA cardume');
  } catch (error) {
    if (!isRefused(error)) throw error;
    throw new UnusableDatabase(
      'has no schema cardume, and this user may not make it; let an administrator run: CREATE SCHEMA cardume AUTHORIZATION USER',
      { cause: error },
    );
  }
}

async function makeTrigrams(queries: Queries): Promise<void> {
  const installed = await queries.query("SELECT 1 FROM pg_extension WHERE extname = 'pg_trgm'");
  if (installed.length > 0) return;
  try {
    await queries.query('CREATE EXTENSION pg_trgm');
  } catch (error) {
    if (storageFailureOf(error) === 'unavailable') throw error;
    throw new UnusableDatabase(
      'has no extension pg_trgm, and this user may not make it; install the contrib modules, and let an administrator run: ' +
        'CREATE EXTENSION pg_trgm',
      { cause: error },
    );
  }
}
