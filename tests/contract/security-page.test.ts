import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';

const docs = join(import.meta.dirname, '../../docs');

/** The tests that the page names: in a row, each name in quotes is of the test file that was linked last. */
function namedTests(): { file: string; name: string }[] {
  const page = readFileSync(join(docs, 'security.md'), 'utf8');
  const rows = page.split('\n').filter((line) => line.startsWith('|'));
  return rows.flatMap((row) => {
    let file = '';
    return [...row.matchAll(/\]\(([^)]+\.test\.ts)\)|"([^"]+)"/g)].flatMap(([, linked, name]) => {
      file = linked ?? file;
      return name === undefined ? [] : [{ file, name }];
    });
  });
}

test('each test that the page of security names is there', () => {
  const named = namedTests();
  expect(named.length).toBeGreaterThan(30);
  const missing = named.filter(({ file, name }) => !readFileSync(join(docs, file), 'utf8').includes(name));
  expect(missing).toEqual([]);
});
