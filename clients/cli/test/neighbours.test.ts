import { expect, test } from '@jest/globals';
import { neighbours } from '../src/core/send/neighbours.ts';

const idsOf = (count: number): string[] => Array.from({ length: count }, (_, at) => `peer ${at}`);

test('few receivers are all told of each other', () => {
  const ids = idsOf(5);
  expect(neighbours(ids, 2, 4).sort()).toEqual(['peer 0', 'peer 1', 'peer 3', 'peer 4']);
  expect(neighbours(['alone'], 0, 4)).toEqual([]);
});

test.each([6, 7, 9, 66, 200])('of %d each is told of as many as may be, and by those it is told of', (count) => {
  const ids = idsOf(count);
  const most = count > 64 ? 64 : 4;
  const told = ids.map((_, at) => new Set(neighbours(ids, at, most)));
  for (const [at, others] of told.entries()) {
    expect(others.size).toBe(most);
    expect(others.has(`peer ${at}`)).toBe(false);
    for (const other of others) expect(told[ids.indexOf(other)]?.has(`peer ${at}`)).toBe(true);
  }
});
