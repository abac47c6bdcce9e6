import { expect, test } from '@jest/globals';
import { failureOf } from '../../../tests/support/failure-of.ts';
import { parseDatabase } from '../src/parse-database.ts';

test('a database is a file of SQLite or a URL of PostgreSQL', () => {
  expect(parseDatabase('sqlite:a b.db')).toEqual({ engine: 'sqlite', file: 'a b.db' });
  expect(parseDatabase('sqlite::memory:')).toEqual({ engine: 'sqlite', file: ':memory:' });
  for (const url of ['postgres://u:p@h:5433/d', 'postgresql://h/d', 'postgres:///d?host=/run/postgresql']) {
    expect(parseDatabase(url)).toEqual({ engine: 'postgres', url });
  }
});

test.each([
  'Postgres://u:hunter2@h/d',
  ' postgres://u:hunter2@h/d',
  'postgres:u:hunter2@h/d',
  'postgres://u:hunter2@h:99999/d',
  'postgres://u:hunter2/x@h/d',
  'pg://u:hunter2@h/d',
  'mysql://u:hunter2@h/d',
  'u:hunter2@h/d',
])('what is no database is refused without the password in it: %s', async (database) => {
  const failure = await failureOf(() => parseDatabase(database));
  expect(failure).toMatchObject({ reason: 'INVALID_FIELD', fieldViolations: [{ field: '--database' }] });
  expect(JSON.stringify([failure.message, failure.fieldViolations])).not.toContain('hunter2');
});

test('a file without "sqlite:" is named', async () => {
  expect((await failureOf(() => parseDatabase('/tmp/index.db'))).message).toContain('"/tmp/index.db" is not supported');
});
