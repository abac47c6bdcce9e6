// What makes the threads of an index quick to start: what they do not load. No time is asserted.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from '@jest/globals';
import { temporaryFolder } from '../../../tests/support/temporary-folder.ts';

const preload = pathToFileURL(join(import.meta.dirname, '../../../tests/support/list-loaded-modules.ts')).href;
const folder = temporaryFolder();
const scripts = join(import.meta.dirname, '../src/adapters/sqlite');

test.each([
  ['search-thread.ts', /core\/search\/rank\.ts$/],
  ['checkpoint-thread.ts', /checkpoint-thread\.ts$/],
])('%s loads no gRPC and no logger', (script, itsOwn) => {
  const list = join(folder, `${script}.txt`);
  // It fails, for it has no database, when all that it imports is loaded.
  spawnSync(process.execPath, ['--import', preload, join(scripts, script)], {
    env: { ...process.env, LOADED_MODULES: list },
  });
  const modules = readFileSync(list, 'utf8').trim().split('\n');
  expect(modules.filter((url) => itsOwn.test(url))).toHaveLength(1);
  expect(modules.filter((url) => /@grpc|nice-grpc|@bufbuild|pino|node:http2/.test(url))).toEqual([]);
});
