import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type ShareEntry, ShareList } from '../../src/core/share-list.ts';
import { SharedFiles } from '../../src/core/shared-files.ts';

function entry(name: string, digest: string): ShareEntry {
  return { name, digest, path: `/${name}`, sizeBytes: 1, modifyTimeMs: 0, stamp: 's' };
}

const name = fc.constantFrom('a', 'b', 'c/d', 'c-d', 'C', '\u00e9', '\u{1f41f}', 'z');
const digest = fc.constantFrom('1', '2');
type Action =
  | { kind: 'put'; name: string; digest: string }
  | { kind: 'remove'; name: string }
  | { kind: 'page'; name: string; count: number }
  | { kind: 'find'; digest: string };
const action: fc.Arbitrary<Action> = fc.oneof(
  fc.record({ kind: fc.constant('put' as const), name, digest }),
  fc.record({ kind: fc.constant('remove' as const), name }),
  fc.record({ kind: fc.constant('page' as const), name, count: fc.integer({ min: 1, max: 4 }) }),
  fc.record({ kind: fc.constant('find' as const), digest }),
);

test('a list answers as a plain sorted table would, whatever was put and removed in whatever order', () => {
  fc.assert(fc.property(fc.array(action, { maxLength: 60 }), compareWithTable), { numRuns: 300 });
});

test('a list of 150,000 files is given in order: more than a call can have arguments', () => {
  const list = new ShareList();
  for (let number = 0; number < 150_000; number += 1) list.put(entry(String(number), '1'));
  expect(list.page('', 2).map((one) => one.name)).toEqual(['0', '1']);
  expect(list.sorted).toHaveLength(150_000);
});

test('what was found in folders is named in order, before what was given one by one, each name once', () => {
  const [found, loose, folders] = [new ShareList(), new ShareList(), new ShareList()];
  for (const one of ['z', 'c/d', 'a', 'c-d', 'b']) found.put(entry(one, '1'));
  found.remove('b');
  for (const one of ['z', 'loose']) loose.put(entry(one, '2'));
  for (const one of ['a', 'folder']) folders.put(entry(one, '3'));
  const shared = new SharedFiles(found, loose, folders);
  expect([...shared.namesInOrder()]).toEqual(['a', 'c-d', 'c/d', 'z', 'loose', 'folder']);
  expect([...shared.names()].sort()).toEqual([...shared.namesInOrder()].sort());
});

function compareWithTable(actions: Action[]): void {
  const list = new ShareList();
  const table = new Map<string, string>();
  const namesWhere = (holds: (name: string, digest: string) => boolean): string[] =>
    [...table].flatMap(([known, hash]) => (holds(known, hash) ? [known] : [])).sort();
  for (const step of actions) {
    switch (step.kind) {
      case 'put':
        list.put(entry(step.name, step.digest));
        table.set(step.name, step.digest);
        break;
      case 'remove':
        expect(list.remove(step.name)).toBe(table.delete(step.name));
        break;
      case 'page':
        expect(list.page(step.name, step.count).map((found) => found.name)).toEqual(
          namesWhere((known) => known > step.name).slice(0, step.count),
        );
        break;
      case 'find':
        expect(foundNames(list, step.digest)).toEqual(namesWhere((_, hash) => hash === step.digest));
    }
    expect(list.size).toBe(table.size);
  }
}

function foundNames(list: ShareList, wanted: string): string[] {
  try {
    return new SharedFiles(list, new ShareList()).find(wanted, '').map((found) => found.name);
  } catch (error) {
    expect(error).toMatchObject({ reason: 'FILE_NOT_SHARED' });
    return [];
  }
}
