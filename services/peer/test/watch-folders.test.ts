import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { temporaryFolder } from '../../../tests/support/temporary-folder.ts';
import { until } from '../../../tests/support/until.ts';
import { createFolderWatcher } from '../src/adapters/watch-folders.ts';

const folder = temporaryFolder();

test('a folder that is gone before it can be watched leaves the others watched, and is watched when it is back', async () => {
  let hints = 0;
  const failures: string[] = [];
  const watcher = createFolderWatcher({ onHint: () => (hints += 1), onFailure: (problem) => failures.push(problem) });
  const [gone, there] = [join(folder, 'gone'), join(folder, 'there')];
  mkdirSync(there);
  try {
    watcher.watch(gone, 'first');
    watcher.watch(there, 'other');
    writeFileSync(join(there, 'file'), 'x');
    await until('a hint of the folder that is there', () => hints > 0);
    mkdirSync(gone);
    watcher.watch(gone, 'second');
    const before = hints;
    writeFileSync(join(gone, 'file'), 'x');
    await until('a hint of the folder that is back', () => hints > before);
    expect(failures).toEqual([]);
  } finally {
    watcher.close();
  }
});
