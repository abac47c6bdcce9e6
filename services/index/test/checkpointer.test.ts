import { statSync } from 'node:fs';
import { join } from 'node:path';
import { backup, DatabaseSync } from 'node:sqlite';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, expect, test } from '@jest/globals';
import { temporaryFolder } from '../../../tests/support/temporary-folder.ts';
import { until } from '../../../tests/support/until.ts';
import {
  type Checkpointer,
  longestLogPages,
  longLogPages,
  startCheckpointer,
} from '../src/adapters/sqlite/checkpointer.ts';
import type { Database } from '../src/adapters/sqlite/database.ts';
import { openDatabase } from '../src/adapters/sqlite/open-database.ts';

const pageBytes = 4_096;
const folder = temporaryFolder();
let database: Database | undefined;
let checkpointer: Checkpointer | undefined;
afterEach(async () => {
  await checkpointer?.stop();
  database?.close();
});

/** Opens a database that has a table of blobs, and writes into it by and by. */
function open(name: string) {
  const file = join(folder, name);
  const opened = openDatabase(file);
  database = opened;
  opened.command('CREATE TABLE blobs (number INTEGER PRIMARY KEY, blob BLOB)').run();
  const put = opened.command('REPLACE INTO blobs VALUES (?, randomblob(4000))');
  const failures: unknown[] = [];
  const start = (at = file): void => {
    checkpointer = startCheckpointer(opened, at, (error) => failures.push(error));
  };
  /** A transaction of 256 pages, and a turn for others. */
  const write = async (turn: number): Promise<void> => {
    await opened.transaction(() => {
      for (let at = 0; at < 256; at += 1) put.run((turn * 256 + at) % 2_048);
    });
    await nextTurn();
  };
  return { file, opened, failures, start, write };
}

test('what is written all the time goes from the log into the database, and the log begins anew', async () => {
  const { file, opened, failures, start, write } = open('busy.db');
  start();
  await write(0);
  // So little that SQLite itself would leave it in the log.
  await until('the thread to put it into the database', () => statSync(file).size >= 256 * pageBytes);
  // Ten times as much as the log may have before it begins anew; where the thread is late, SQLite does it at the latest.
  const turns = (10 * longLogPages) / 256;
  for (let turn = 0; turn < turns; turn += 1) await write(turn);
  expect(statSync(`${file}-wal`).size).toBeLessThan(longestLogPages * (pageBytes + 24) * 1.1);
  expect(opened.query<{ count: number }>('SELECT count(*) AS count FROM blobs').get()).toEqual({ count: 2_048 });
  expect(failures).toEqual([]);
}, 120_000);

test("another program can copy it by SQLite's own backup meanwhile", async () => {
  const { file, start, write } = open('copied.db');
  start();
  await write(0);
  const other = new DatabaseSync(file, { readOnly: true });
  const copy = join(folder, 'copy.db');
  await Promise.all([backup(other, copy), write(1)]);
  other.close();
  const copied = new DatabaseSync(copy);
  expect(copied.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' });
  expect(copied.prepare('SELECT count(*) AS count FROM blobs').get()).toEqual({ count: expect.any(Number) });
  copied.close();
});

test('when the thread fails, that is told, and it is done without it', async () => {
  const { opened, failures, start, write } = open('failing.db');
  start(join(folder, 'no such folder', 'index.db'));
  await until('the thread to fail', () => failures.length === 1);
  for (let turn = 0; turn < 8; turn += 1) await write(turn);
  const state = opened.query<{ log: number }>('PRAGMA wal_checkpoint(PASSIVE)').get();
  expect(state?.log).toBeLessThan(8 * 256);
});
