import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';

const root = join(import.meta.dirname, '../..');
const sources = [
  'services/index/src/handlers/events-of-call.ts',
  'services/index/src/open-audit.ts',
  'services/kit/src/audit.ts',
  'services/kit/src/core/audit/audit-trail.ts',
  'services/peer/src/handlers/events-of-call.ts',
];

test('the page of the audit log names each event that the code has, and no other', () => {
  const page = readFileSync(join(root, 'docs/audit.md'), 'utf8');
  const tables = page.slice(page.indexOf('## Events of an index'), page.indexOf('## What is not in it'));
  const documented = [...tables.matchAll(/^\| `([a-z_]+)` \|/gm)].map(([, name]) => name);
  const written = sources.flatMap((path) =>
    [...readFileSync(join(root, path), 'utf8').matchAll(/event: '([a-z_]+)'/g)].map(([, name]) => name),
  );
  expect(new Set(documented).size).toBe(documented.length);
  expect(documented.toSorted()).toEqual([...new Set(written)].toSorted());
});
