import { expect, test } from '@jest/globals';
import { createStatementCache, maxCachedStatements } from '../src/adapters/sqlite/statement-cache.ts';

test('a statement is prepared once while it is in use, and the least used goes when there are too many', () => {
  const prepared: string[] = [];
  const statementOf = createStatementCache((sql) => {
    prepared.push(sql);
    return { sql };
  });
  const kept = statementOf('kept');
  expect(statementOf('kept')).toBe(kept);
  statementOf('dropped');
  for (let count = 1; count < maxCachedStatements; count += 1) {
    statementOf(`other ${count}`);
    expect(statementOf('kept')).toBe(kept);
  }
  expect(statementOf('dropped')).toEqual({ sql: 'dropped' });
  expect(prepared.filter((sql) => sql === 'kept')).toHaveLength(1);
  expect(prepared.filter((sql) => sql === 'dropped')).toHaveLength(2);
  expect(statementOf('other 2')).toEqual({ sql: 'other 2' });
  expect(prepared.filter((sql) => sql === 'other 2')).toHaveLength(1);
});
