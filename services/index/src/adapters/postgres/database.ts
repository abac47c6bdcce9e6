import pg from 'pg';
import { isWorthRepeating } from './storage-failure.ts';

/** Runs statements; their rows have the shape of their SQL. */
export interface Queries {
  /** @param sql with `$1`, `$2`, …; texts from outside are parameters only */
  query<Row extends object>(sql: string, parameters?: readonly unknown[]): Promise<Row[]>;
}

/** A database over a pool of connections, each made anew after it was lost. */
export interface Database extends Queries {
  /** Runs work as one transaction: all of it, or, when it throws, nothing. Deadlocks are tried again. */
  transaction<Result>(work: (queries: Queries) => Promise<Result>): Promise<Result>;
  /** A connection of its own, for who listens; its owner ends it. */
  openConnection(): Promise<pg.Client>;
  close(): Promise<void>;
}

/** How many connections a pool has at the most; PostgreSQL lets 100 in by default, and a replica has two pools. */
const maxConnections = 8;
const connectTimeoutMs = 5_000;
const maxAttempts = 5;

const typeOfInt8 = 20;

/** Options of {@link openPool}. */
export interface PoolInit {
  url: string;
  /** How long one statement may take, in milliseconds: the server ends it then, or, should that not answer, its connection. */
  statementTimeoutMs: number;
  /** Told of connections that were lost while nobody used them. */
  onLost: (error: Error) => void;
}

/** Opens a pool; it connects when it is used. */
export function openPool({ url, statementTimeoutMs, onLost }: PoolInit): Database {
  const types = {
    // Counts and keys stay below 2^53; sums that do not are NUMERIC, and come as text.
    getTypeParser: (oid: number, format?: 'text' | 'binary') =>
      oid === typeOfInt8 ? Number : pg.types.getTypeParser(oid, format as 'text'),
  } as pg.CustomTypesConfig;
  const connection = {
    connectionString: url,
    application_name: 'cardume index',
    connectionTimeoutMillis: connectTimeoutMs,
    keepAlive: true,
    types,
  };
  const pool = new pg.Pool({
    ...connection,
    max: maxConnections,
    statement_timeout: statementTimeoutMs,
    query_timeout: statementTimeoutMs + connectTimeoutMs,
  });
  pool.on('error', onLost);

  const attempt = async <Result>(work: (queries: Queries) => Promise<Result>): Promise<Result> => {
    const client = await pool.connect();
    let lost: Error | undefined;
    // It would end the process otherwise; the statement under way fails by itself.
    const onError = (error: Error): void => {
      lost = error;
    };
    client.on('error', onError);
    try {
      await client.query('BEGIN');
      const result = await work(queriesOf(client));
      await client.query('COMMIT');
      return result;
    } catch (error) {
      await client.query('ROLLBACK').catch((failed: Error) => {
        lost ??= failed;
      });
      throw error;
    } finally {
      client.removeListener('error', onError);
      client.release(lost);
    }
  };

  const single = queriesOf(pool);
  return {
    query: (sql, parameters) => repeat(() => single.query(sql, parameters)),
    transaction: (work) => repeat(() => attempt(work)),
    async openConnection() {
      const client = new pg.Client(connection);
      client.on('error', onLost);
      await client.connect();
      return client;
    },
    close: () => pool.end(),
  };
}

/** Runs what takes nothing when it fails, again while only others were in its way. */
async function repeat<Result>(run: () => Promise<Result>): Promise<Result> {
  for (let attempts = 1; ; attempts += 1) {
    try {
      return await run();
    } catch (error) {
      if (attempts === maxAttempts || !isWorthRepeating(error)) throw error;
    }
  }
}

function queriesOf(runner: pg.Pool | pg.PoolClient): Queries {
  return {
    async query<Row extends object>(sql: string, parameters: readonly unknown[] = []) {
      return (await runner.query<Row>(sql, [...parameters])).rows;
    },
  };
}
