import { mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createLogger } from '@cardume/service-kit';
import { expect, test } from '@jest/globals';
import { temporaryFolder } from '../../../tests/support/temporary-folder.ts';
import { until } from '../../../tests/support/until.ts';
import { openDigestCache } from '../src/adapters/digest-cache.ts';
import { createHashPool } from '../src/adapters/hash-pool.ts';
import { openState } from '../src/adapters/open-state.ts';
import { scanShares } from '../src/adapters/scan-shares.ts';
import { ShareList } from '../src/core/share-list.ts';
import { ShareFollower } from '../src/follow-shares.ts';

const folder = temporaryFolder();

test('a file that could not be kept because the state was full is shared once there is room, though it did not change', async () => {
  const realPath = join(folder, 'share');
  mkdirSync(realPath);
  writeFileSync(join(realPath, 'file'), '');
  // All zeros and no room on the disk, but with a manifest of 5 KiB, for which the database needs another page.
  truncateSync(join(realPath, 'file'), 160 * 1024 * 1024);
  const database = await openState(join(folder, 'state'));
  // The database is really full: SQLite refuses every page more.
  database.exec('PRAGMA max_page_count = 1');
  const fill = database.prepare('INSERT INTO leases (index_target, lease_secret) VALUES (?, ?)');
  const fillUp = (sizeBytes: number): void => {
    for (let row = 0; row < 1_000; row++) fill.run(`${sizeBytes}.${row}`, 'x'.repeat(sizeBytes));
  };
  for (const sizeBytes of [1_000, 100, 1]) expect(() => fillUp(sizeBytes)).toThrow('full');
  const list = new ShareList();
  const problems: string[] = [];
  const follower = new ShareFollower({
    scan: (onFound, signal) =>
      scanShares({
        roots: [{ realPath, kind: 'folder', prefix: '' }],
        exclude: () => false,
        ownPaths: [],
        onFound,
        signal,
      }),
    rootPaths: [realPath],
    list,
    cache: openDigestCache(database),
    pool: createHashPool(1),
    rescanIntervalMs: 100,
    nowMs: () => performance.now(),
    wallClockMs: Date.now,
    logger: createLogger({ service: 'test', level: 'silent' }),
    onEvent: (event) => {
      if (event.type === 'skipped') problems.push(event.problem);
    },
    onChanged: () => {},
  });
  try {
    await follower.start();
    await until('the refusal', () => problems.length > 0);
    expect(problems[0]).toContain('full');
    expect(list.size).toBe(0);
    database.exec('PRAGMA max_page_count = 10000');
    await until('the file to be shared', () => list.size === 1);
    expect(problems).toHaveLength(1);
  } finally {
    await follower.close();
    database.close();
  }
});
