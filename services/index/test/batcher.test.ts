import { describe, expect, test } from '@jest/globals';
import { Batcher } from '../src/adapters/batcher.ts';

describe('Batcher', () => {
  test('runs what comes together at once, and gives each its own result', async () => {
    const batches: number[][] = [];
    const batcher = new Batcher<number, number>(async (items) => {
      batches.push(items);
      return items.map((item) => item * 2);
    }, 2);
    await expect(Promise.all([1, 2, 3].map((item) => batcher.run(item)))).resolves.toEqual([2, 4, 6]);
    expect(batches).toEqual([[1, 2], [3]]);
  });

  test('keeps batches apart that are not full', async () => {
    const intervalMs = 50;
    const beganMs: number[] = [];
    const batcher = new Batcher<number, number>(
      async (items) => {
        beganMs.push(performance.now());
        return items;
      },
      2,
      intervalMs,
    );
    await batcher.run(1);
    await batcher.run(2);
    await Promise.all([3, 4, 5, 6].map((item) => batcher.run(item)));
    expect(beganMs).toHaveLength(4);
    const [first = 0, next = 0] = beganMs;
    // A timer may be a little early, and the first batch a little late.
    expect(next - first).toBeGreaterThan(intervalMs / 2);
  });

  test('a batch that fails is told to all that are in it, and the next one runs', async () => {
    let fails = true;
    const batcher = new Batcher<number, number>(async (items) => {
      if (fails) throw new Error('the disk is full');
      return items;
    }, 10);
    const outcomes = await Promise.allSettled([1, 2].map((item) => batcher.run(item)));
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    fails = false;
    await expect(batcher.run(3)).resolves.toBe(3);
  });
});
