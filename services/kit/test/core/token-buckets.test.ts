import { expect, test } from '@jest/globals';
import { TokenBuckets } from '../../src/core/token-buckets.ts';

let nowMs = 0;
const bucketsOf = (change: { size?: number; windowMs?: number; maxKeys?: number } = {}): TokenBuckets =>
  new TokenBuckets({ size: 10, windowMs: 1_000, maxKeys: 100, nowMs: () => nowMs, ...change });

/** How many tokens there are. */
function taken(buckets: TokenBuckets, key: string): number {
  for (let count = 0; ; count += 1) if (!buckets.take(key)) return count;
}

test('gives each key a bucket of its own, which fills with time', () => {
  const buckets = bucketsOf();
  expect([taken(buckets, 'a'), taken(buckets, 'b')]).toEqual([10, 10]);
  nowMs += 250;
  expect([taken(buckets, 'a'), taken(buckets, 'a')]).toEqual([2, 0]);
  nowMs += 50;
  // The half of before counts as well.
  expect(taken(buckets, 'a')).toBe(1);
  nowMs += 3_600_000;
  expect(taken(buckets, 'a')).toBe(10);
});

test('gives nobody more than the rate over time, however often it is asked', () => {
  const buckets = bucketsOf();
  let count = 0;
  for (let step = 0; step < 10_000; step += 1) {
    nowMs += 1;
    if (buckets.take('a')) count += 1;
  }
  // What it has at first, and what comes in ten seconds.
  expect(count).toBeGreaterThanOrEqual(109);
  expect(count).toBeLessThanOrEqual(110);
});

test('takes back what was taken for nothing, and no more than fits', () => {
  const buckets = bucketsOf();
  buckets.giveBack('a');
  expect(taken(buckets, 'a')).toBe(10);
  buckets.giveBack('a');
  expect(taken(buckets, 'a')).toBe(1);
});

test('leaves as many as it is told to', () => {
  const buckets = bucketsOf();
  let count = 0;
  while (buckets.take('a', 4)) count += 1;
  expect([count, taken(buckets, 'a')]).toEqual([6, 4]);
});

test('forgets keys whose buckets are full, and no others', () => {
  const buckets = bucketsOf();
  for (let key = 0; key < 40; key += 1) buckets.take(`once-${key}`);
  expect(taken(buckets, 'always')).toBe(10);
  for (let step = 0; step < 21; step += 1) {
    nowMs += 100;
    // Ten in a second are what it gains.
    expect(taken(buckets, 'always')).toBe(1);
  }
  expect(buckets.keyCount).toBe(1);
});

test('remembers a bounded number of keys, however many come', () => {
  const buckets = bucketsOf({ maxKeys: 50 });
  let most = 0;
  for (let key = 0; key < 10_000; key += 1) {
    buckets.take(`stranger-${key}`);
    most = Math.max(most, buckets.keyCount);
  }
  expect(most).toBeLessThanOrEqual(50);
});

test('forgets those first that were not asked for the longest, and a clock that goes back takes nothing away', () => {
  const buckets = bucketsOf({ size: 1, maxKeys: 2 });
  expect(['a', 'a', 'b', 'a', 'c', 'b'].map((key) => buckets.take(key))).toEqual([
    true,
    false,
    true,
    false,
    true,
    true,
  ]);
  nowMs -= 5_000;
  expect(buckets.take('b')).toBe(false);
  nowMs += 500;
  expect(buckets.take('b')).toBe(false);
  nowMs += 500;
  expect(buckets.take('b')).toBe(true);
});
