import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { messageOf } from '@cardume/client';
import { describe, expect, test } from '@jest/globals';
import { failureOf } from '../../../tests/support/failure-of.ts';
import { temporaryFolder } from '../../../tests/support/temporary-folder.ts';
import { openSqliteCatalog } from '../src/adapters/sqlite/open-sqlite-catalog.ts';
import { applicationId, migrations } from '../src/adapters/sqlite/schema.ts';
import { describeCatalog } from './catalog-conformance.ts';
import { describeRestrictedLists } from './restricted-conformance.ts';
import { digestOf, peerIdOf } from './support/listed.ts';

const folder = temporaryFolder();
let fileCount = 0;
const newFile = (): string => {
  mkdirSync(join(folder, 'made'), { recursive: true });
  return join(folder, 'made', `${fileCount++}.db`);
};

describeCatalog('SQLite in memory', (quotas) => openSqliteCatalog({ file: ':memory:', quotas }));
describeCatalog('SQLite in a file', (quotas) => openSqliteCatalog({ file: newFile(), quotas }));
describeRestrictedLists('SQLite', (quotas) => openSqliteCatalog({ file: newFile(), quotas }));

describe('an SQLite file', () => {
  test('that another index uses is refused', async () => {
    const file = newFile();
    const catalog = openSqliteCatalog({ file });
    const error = await failureOf(() => openSqliteCatalog({ file }));
    expect(error.message).toContain('another process');
    await catalog.close();
    await openSqliteCatalog({ file }).close();
  });

  test('of the first version is taken over with what is in it', async () => {
    const file = newFile();
    const before = new DatabaseSync(file);
    before.exec(migrations[0] ?? '');
    before.exec(`PRAGMA application_id = ${applicationId}; PRAGMA user_version = 1`);
    const peer = `INSERT INTO peers (peer_id, host, port, share_name, secret_hash, join_ms, renew_ms, expire_ms)
      VALUES (?, 'h', 1, 's', x'00', 1, 1, 9)`;
    before.prepare(peer).run(peerIdOf('a'));
    before.close();
    const catalog = openSqliteCatalog({ file });
    await catalog.report({
      peerId: peerIdOf('a'),
      caller: 'c',
      digest: digestOf('x'),
      piece: 1,
      reportMs: 1,
      expireMs: 9,
    });
    expect(await catalog.listPeers('', 10, 2)).toMatchObject([{ peerId: peerIdOf('a'), reportCount: 1 }]);
    await catalog.close();
  });

  test('of a version without folders is taken over with the files that are listed', async () => {
    const file = newFile();
    const before = new DatabaseSync(file);
    for (const migration of migrations.slice(0, 2)) before.exec(migration);
    before.exec(`PRAGMA application_id = ${applicationId}; PRAGMA user_version = 2`);
    before.exec(`INSERT INTO peers (peer_id, host, port, share_name, secret_hash, join_ms, renew_ms, expire_ms, file_count)
      VALUES ('${peerIdOf('a')}', 'h', 1, 's', x'00', 1, 1, 9, 1);
      INSERT INTO names (name_key, name, folded, folded_last) VALUES (1, 'x', 'x', 'x');
      INSERT INTO files (file_key, name_key, digest, size_bytes, whole_count) VALUES (7, 1, x'${digestOf('x')}', 5, 1);
      INSERT INTO holdings (peer_key, name_key, file_key, partial) VALUES (1, 1, 7, 0);
      UPDATE state SET file_count = 1, holding_count = 1, total_size_bytes = '5'`);
    before.close();
    const catalog = openSqliteCatalog({ file });
    const plan = { lookups: [{ kind: 'digest', prefix: digestOf('x') }], conditions: [] } as const;
    const query = { ...plan, includeFolders: true, minSizeBytes: 0, maxSizeBytes: 9 };
    const { candidates } = await catalog.findCandidates(query, 2, 9, new AbortController().signal);
    expect(candidates).toMatchObject([{ fileKey: 7, name: 'x', sizeBytes: 5, folder: undefined }]);
    expect(await catalog.listPeers('', 10, 2)).toMatchObject([{ fileCount: 1, folderCount: 0 }]);
    expect(await catalog.change(1, ['x'], [], 2)).toMatchObject({ removedFileCount: 1, entryCount: 0 });
    expect(await catalog.stats(2)).toMatchObject({ fileCount: 0, totalSizeBytes: 0 });
    await catalog.close();
  });

  test('of a version without rights is taken over with what is in it, for everybody', async () => {
    const file = newFile();
    const before = new DatabaseSync(file);
    for (const migration of migrations.slice(0, 5)) before.exec(migration);
    before.exec(`PRAGMA application_id = ${applicationId}; PRAGMA user_version = 5`);
    before.exec(`INSERT INTO peers (peer_id, host, port, share_name, secret_hash, join_ms, renew_ms, expire_ms)
      VALUES ('${peerIdOf('a')}', 'h', 1, 's', x'00', 1, 1, 9)`);
    before.close();
    const catalog = openSqliteCatalog({ file });
    expect(await catalog.listPeers('', 10, 2)).toMatchObject([{ peerId: peerIdOf('a'), allowedUsers: [] }]);
    await catalog.close();
  });

  test('of a newer version is refused', async () => {
    const file = newFile();
    await openSqliteCatalog({ file }).close();
    const database = new DatabaseSync(file);
    database.exec('PRAGMA user_version = 1000');
    database.close();
    expect((await failureOf(() => openSqliteCatalog({ file }))).message).toContain('newer version');
  });

  test("that is another program's is refused and left as it is", async () => {
    const file = join(folder, 'other.db');
    const database = new DatabaseSync(file);
    database.exec('CREATE TABLE notes (text TEXT)');
    database.close();
    expect((await failureOf(() => openSqliteCatalog({ file }))).message).toContain("another program's");
    const again = new DatabaseSync(file);
    expect(again.prepare('SELECT count(*) AS tables FROM sqlite_schema').get()).toEqual({ tables: 1 });
    expect(again.prepare('PRAGMA journal_mode').get()).toEqual({ journal_mode: 'delete' });
    again.close();
  });

  test('that is no database is refused', async () => {
    const file = join(folder, 'text.db');
    writeFileSync(file, 'some text that is longer than the header of a database would be, by far. '.repeat(9));
    const error = await failureOf(() => openSqliteCatalog({ file }));
    expect(error.message).toContain('no SQLite database');
    expect(error.fieldViolations[0]?.field).toBe('--database');
  });

  test('in a place that cannot be made is refused', async () => {
    const file = join(folder, 'text.db', 'index.db');
    writeFileSync(join(folder, 'text.db'), '');
    expect((await failureOf(() => openSqliteCatalog({ file }))).reason).toBe('INVALID_FIELD');
  });

  test('that is damaged fails as storage, without its own words for the caller', async () => {
    const file = newFile();
    const catalog = openSqliteCatalog({ file });
    const names = Array.from({ length: 5_000 }, (_, index) => `a file with quite some name ${index}`);
    await catalog.join(
      {
        peerId: peerIdOf('a'),
        host: 'h',
        port: 1,
        shareName: '',
        secretHash: new Uint8Array(32),
        joinMs: 1,
        expireMs: 9,
      },
      names.map((name) => ({ name, sizeBytes: 1, digest: digestOf(name), modifyMs: undefined, partial: false })),
      undefined,
    );
    await catalog.close();
    const bytes = readFileSync(file);
    // Past the schema, which opening reads.
    writeFileSync(file, bytes.fill(0xff, bytes.length / 2));

    const damaged = openSqliteCatalog({ file });
    const everything = {
      lookups: [{ kind: 'contains', texts: [] }],
      conditions: [],
      includeFolders: false,
      minSizeBytes: 0,
      maxSizeBytes: 9,
    } as const;
    const error = await failureOf(() => damaged.findCandidates(everything, 2, 10_000, new AbortController().signal));
    expect(error.reason).toBe('STORAGE_FAILED');
    expect(error.message).not.toContain('malformed');
    expect(messageOf(error.cause)).toContain('malformed');
    await damaged.close();
  });
});
