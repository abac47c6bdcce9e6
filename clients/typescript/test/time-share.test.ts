import { expect, test } from '@jest/globals';
import { TimeShare } from '../src/core/concurrency/time-share.ts';

test('nothing is known before 100 ms have passed', () => {
  const share = new TimeShare();
  expect(share.look(() => 5_000, 0)).toBe(0);
  expect(share.look(() => 5_099, 99)).toBe(0);
  expect(share.look(() => 5_080, 100)).toBeCloseTo(0.8);
});

test('what was before the last span counts no more', () => {
  const share = new TimeShare();
  share.look(() => 0, 0);
  expect(share.look(() => 300, 200)).toBeCloseTo(1.5);
  expect(share.look(() => 300, 250)).toBeCloseTo(1.5);
  expect(share.look(() => 320, 400)).toBeCloseTo(0.1);
});
