import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import { setImmediate } from 'node:timers/promises';
import { createStatementCache } from './statement-cache.ts';

/** A prepared statement whose rows have a known shape: that of its SQL. */
export interface Query<Row> {
  get(...parameters: SQLInputValue[]): Row | undefined;
  all(...parameters: SQLInputValue[]): Row[];
  /** Reads row by row: those that nobody takes are not read. */
  each(...parameters: SQLInputValue[]): Iterable<Row>;
}

/** A prepared statement that changes rows. */
export interface Command {
  /** Returns how many rows changed. */
  run(...parameters: SQLInputValue[]): number;
}

/**
 * A prepared statement that inserts one row. It has no RETURNING: SQLite guards such a statement by a savepoint, and at
 * each savepoint the trigram index writes out what it has gathered, which makes joins ten times slower.
 */
export interface Insert {
  /** Returns the row's key. */
  run(...parameters: SQLInputValue[]): number;
}

/** A transaction is over before its work is. */
export class TransactionEnded extends Error {}

/** An open database: the little of `node:sqlite` that the catalog uses, with types. */
export interface Database {
  /** Statements are prepared once and kept by their text, so that this may be called for each use. */
  query<Row>(sql: string): Query<Row>;
  /** The same for rows that are arrays of their columns, which of a thousand rows takes a quarter of the time less. */
  tuples<Row extends unknown[]>(sql: string): Pick<Query<Row>, 'all'>;
  command(sql: string): Command;
  insert(sql: string): Insert;
  /**
   * Runs work as one transaction: all of it, or, when it throws, nothing. One begins when those before it have ended.
   *
   * Work may take several turns, by `turn`, in which others read what it has written so far; what writes must be a transaction too.
   */
  transaction<Result>(work: () => Result | Promise<Result>): Promise<Result>;
  /**
   * Lets others have their turn in the middle of a transaction.
   *
   * @throws TransactionEnded SQLite ended it, as it does when the disk fails, whoever reads or writes then
   */
  turn(): Promise<void>;
  /** Runs work when no transaction is under way; it takes its place among them. */
  outside<Result>(work: () => Result | Promise<Result>): Promise<Result>;
  close(): void;
}

/**
 * Writes the parameters of a statement so that SQLite plans it once, not for their values.
 *
 * Where a plan may depend on one, SQLite prepares the statement again at each run, in 10 to 30 microseconds: when a partial index
 * is on the column that it is compared with, when it is a pattern of GLOB, or how many rows are asked for. Of an expression it
 * does not look at the value. (Its own switch for that, SQLITE_DBCONFIG_ENABLE_QPSG, Node does not have.)
 *
 * @param sql has no question mark but those of parameters
 */
function plannedOnce(sql: string): string {
  return sql.replaceAll(/\?\d*/g, '(+$&)');
}

/** Wraps an open connection. @param lock closed after it */
export function wrapDatabase(connection: DatabaseSync, lock?: DatabaseSync): Database {
  const prepare = (sql: string): StatementSync => connection.prepare(plannedOnce(sql));
  const prepared = createStatementCache(prepare);
  const preparedForTuples = createStatementCache((sql) => {
    const statement = prepare(sql);
    statement.setReturnArrays(true);
    return statement;
  });
  let last: Promise<unknown> = Promise.resolve();
  const outside = <Result>(work: () => Result | Promise<Result>): Promise<Result> => {
    const running = last.then(work);
    // Who comes after it does not fail with it.
    last = running.catch(() => {});
    return running;
  };
  return {
    query<Row>(sql: string) {
      const statement = prepared(sql);
      return {
        get: (...parameters) => statement.get(...parameters) as Row | undefined,
        all: (...parameters) => statement.all(...parameters) as Row[],
        each: (...parameters) => statement.iterate(...parameters) as Iterable<Row>,
      };
    },
    tuples<Row extends unknown[]>(sql: string) {
      const statement = preparedForTuples(sql);
      return { all: (...parameters) => statement.all(...parameters) as unknown[] as Row[] };
    },
    command(sql) {
      const statement = prepare(sql);
      return { run: (...parameters) => Number(statement.run(...parameters).changes) };
    },
    insert(sql) {
      const statement = prepare(sql);
      return { run: (...parameters) => Number(statement.run(...parameters).lastInsertRowid) };
    },
    transaction: (work) =>
      outside(async () => {
        connection.exec('BEGIN IMMEDIATE');
        try {
          const result = await work();
          connection.exec('COMMIT');
          return result;
        } catch (error) {
          // SQLite has rolled back by itself after a full disk or the like.
          if (connection.isTransaction) connection.exec('ROLLBACK');
          throw error;
        }
      }),
    async turn() {
      await setImmediate();
      if (!connection.isTransaction) throw new TransactionEnded('the transaction was ended by a failure beside it');
    },
    outside,
    close() {
      connection.close();
      lock?.close();
    },
  };
}
