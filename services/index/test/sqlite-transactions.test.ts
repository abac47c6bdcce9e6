import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type Database, TransactionEnded } from '../src/adapters/sqlite/database.ts';
import { openDatabase } from '../src/adapters/sqlite/open-database.ts';
import { openSqliteCatalog } from '../src/adapters/sqlite/open-sqlite-catalog.ts';
import { sqliteFailureOf } from '../src/adapters/sqlite/sqlite-failure.ts';
import type { ListEntry } from '../src/core/catalog.ts';
import { peerIdOf } from './support/listed.ts';
import { entry, joined, now, peer, ttl } from './support/tested-catalog.ts';

let database: Database;
let write: (text: string) => void;
beforeEach(() => {
  database = openDatabase(':memory:');
  database.command('CREATE TABLE texts (text TEXT)').run();
  const insert = database.command('INSERT INTO texts VALUES (?)');
  write = (text) => void insert.run(text);
});
afterEach(() => database.close());

function texts(): string[] {
  return database
    .query<{ text: string }>('SELECT text FROM texts ORDER BY rowid')
    .all()
    .map(({ text }) => text);
}

test('in the turns of one transaction others read, and those that write wait for its end', async () => {
  const noted: string[] = [];
  const long = database.transaction(async () => {
    for (const text of ['a', 'b', 'c']) {
      write(text);
      await database.turn();
    }
    noted.push('long');
  });
  const short = database.transaction(() => {
    noted.push('short');
    write('d');
  });
  const outside = database.outside(() => noted.push('outside'));
  await database.turn().catch(() => {});
  expect(texts()).toContain('a');
  expect(noted).toEqual([]);
  await Promise.all([long, short, outside]);
  expect(noted).toEqual(['long', 'short', 'outside']);
  expect(texts()).toEqual(['a', 'b', 'c', 'd']);
});

test('one that fails after some turns is undone, and not those that waited for it', async () => {
  const long = database.transaction(async () => {
    write('a');
    await database.turn();
    write('b');
    throw new Error('no more');
  });
  const short = database.transaction(() => write('c'));
  await expect(long).rejects.toThrow('no more');
  await short;
  expect(texts()).toEqual(['c']);
});

test('one that SQLite ended between its turns writes nothing more', async () => {
  const long = database.transaction(async () => {
    write('a');
    // As SQLite does when the disk fails.
    database.command('ROLLBACK').run();
    await database.turn();
    write('b');
  });
  const error: unknown = await long.catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(TransactionEnded);
  // So that its caller learns that it was the store.
  expect(sqliteFailureOf(error)).toBe('failed');
  expect(texts()).toEqual([]);
  await database.transaction(() => write('c'));
  expect(texts()).toEqual(['c']);
});

function entriesOf(count: number): ListEntry[] {
  return Array.from({ length: count }, (_, at) => entry(`file ${at}`));
}

test('who begins to watch while somebody joins with a long list learns of it when all of it is there', async () => {
  const catalog = openSqliteCatalog({ file: ':memory:' });
  let isDone = false;
  const joining = catalog.join(peer('long'), entriesOf(2_000), undefined).finally(() => {
    isDone = true;
  });
  let looks = 0;
  for (; !isDone; looks += 1) {
    expect((await catalog.changesAfter(0)).changes).toEqual([]);
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(looks).toBeGreaterThan(1);
  await joining;
  const { changes = [] } = await catalog.changesAfter(0);
  expect(changes.map(({ event }) => event.kind).slice(0, 2)).toEqual(['joined', 'listed']);
  await catalog.close();
});

test('while a long list comes, others are answered, and who renews is not lost', async () => {
  const catalog = openSqliteCatalog({ file: ':memory:' });
  const entryCount = 10_000;
  const peerKey = await joined(catalog, peer('long'), []);
  let isDone = false;
  const changing = catalog.change(peerKey, [], entriesOf(entryCount), now).finally(() => {
    isDone = true;
  });
  const renewed = catalog.renew(peerKey, now, now + 2 * ttl);
  let answers = 0;
  for (; !isDone; answers += 1) {
    expect(await catalog.findPeer(peerIdOf('long'), now)).toMatchObject({ shareName: 'long' });
    await new Promise((resolve) => setImmediate(resolve));
  }
  // There are forty turns, of which some may pass together.
  expect(answers).toBeGreaterThan(10);
  expect(await changing).toMatchObject({ takenFileCount: entryCount, entryCount });
  expect(await renewed).toBe(true);
  expect(await catalog.findPeer(peerIdOf('long'), now)).toMatchObject({
    expireMs: now + 2 * ttl,
    fileCount: entryCount,
  });
  await catalog.close();
});
