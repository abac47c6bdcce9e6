import { CardumeError } from '@cardume/client';

/** Where an index keeps what it knows. */
export type DatabaseLocation =
  /** A path, or `:memory:`. */
  | { engine: 'sqlite'; file: string }
  /** A connection URI of PostgreSQL. */
  | { engine: 'postgres'; url: string };

/**
 * Reads `sqlite:FILE`, `sqlite::memory:` or `postgres://USER:PASSWORD@HOST:PORT/DATABASE`.
 *
 * @throws CardumeError INVALID_FIELD for anything else; no password is in its message
 */
export function parseDatabase(database: string): DatabaseLocation {
  const file = /^sqlite:(.+)$/.exec(database)?.[1];
  if (file !== undefined) return { engine: 'sqlite', file };
  if (/^postgres(ql)?:\/\/./.test(database) && URL.canParse(database)) return { engine: 'postgres', url: database };
  const isPostgres = /^\s*postgres/i.test(database);
  throw CardumeError.invalidField(
    '--database',
    isPostgres
      ? 'is no postgres://USER@HOST:PORT/DATABASE, in small letters; in a user or password, write %40 for @, %2F for / and so on'
      : `${told(database)} is not supported; write sqlite:FILE, sqlite::memory: for one that ends with the process, or postgres://USER@HOST/DATABASE`,
  );
}

/** What is like a URL may have a password in it. */
function told(database: string): string {
  return /:\/\/|@/.test(database) ? 'what was given' : `"${database}"`;
}
