import { mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { temporaryFolder } from '../../../tests/support/temporary-folder.ts';
import { until } from '../../../tests/support/until.ts';
import { openState } from '../src/adapters/open-state.ts';
import { createTestFollower } from './support/test-follower.ts';

const folder = temporaryFolder();

const shares: [string, (folder: string) => number][] = [
  [
    'a large file',
    (share) => {
      writeFileSync(join(share, 'file'), '');
      // All zeros and no room on the disk, but with a manifest of 5 KiB, for which the database needs another page.
      truncateSync(join(share, 'file'), 160 * 1024 * 1024);
      return 1;
    },
  ],
  [
    'small files',
    (share) => {
      for (let number = 0; number < 100; number++) writeFileSync(join(share, `file ${number}`), String(number));
      return 100;
    },
  ],
];

test.each(shares)(
  '%s that could not be kept because the state was full: shared once there is room, without a change',
  async (what, writeShare) => {
    const realPath = join(folder, what);
    mkdirSync(realPath);
    const fileCount = writeShare(realPath);
    const database = await openState(join(folder, `${what} state`));
    // The database is really full: SQLite refuses every page more.
    database.exec('PRAGMA max_page_count = 1');
    const fill = database.prepare('INSERT INTO leases (index_target, lease_secret) VALUES (?, ?)');
    const fillUp = (sizeBytes: number): void => {
      for (let row = 0; row < 1_000; row++) fill.run(`${sizeBytes}.${row}`, 'x'.repeat(sizeBytes));
    };
    for (const sizeBytes of [1_000, 100, 1]) expect(() => fillUp(sizeBytes)).toThrow('full');
    const problems: string[] = [];
    const { follower, list } = createTestFollower(realPath, database, (event) => {
      if (event.type === 'skipped') problems.push(event.problem);
    });
    try {
      await follower.start();
      await until('a refusal', () => problems.length > 0);
      expect(problems[0]).toContain('full');
      expect(list.size).toBeLessThan(fileCount);
      database.exec('PRAGMA max_page_count = 10000');
      await until('the files to be shared', () => list.size === fileCount);
      // Each is told once, however often it is tried.
      expect(problems.length).toBeLessThanOrEqual(fileCount);
    } finally {
      await follower.close();
      database.close();
    }
  },
);
