import { describe, expect, test } from '@jest/globals';
import { WaitTimes } from '../../src/core/uploads/wait-shares.ts';

const rounded = (times: WaitTimes, nowMs: number) =>
  Object.values(times.shares(nowMs)).map((share) => Math.round(share * 100));

describe('what an upload waits for', () => {
  test('is a part of the time, of which the rest is the caller’s who wants nothing', () => {
    const times = new WaitTimes(0);
    for (let nowMs = 50; nowMs <= 10_000; nowMs += 50) times.add({ limitMs: 0, networkMs: 1, diskMs: 4 }, nowMs);
    expect(rounded(times, 10_000)).toEqual([0, 2, 8]);
  });

  test('of several calls at once is no more than all of it', () => {
    const times = new WaitTimes(0);
    for (let nowMs = 50; nowMs <= 10_000; nowMs += 50) times.add({ limitMs: 0, networkMs: 300, diskMs: 100 }, nowMs);
    expect(rounded(times, 10_000)).toEqual([0, 75, 25]);
  });

  test('is what it waited for of late', () => {
    const times = new WaitTimes(0);
    for (let nowMs = 50; nowMs <= 10_000; nowMs += 50) times.add({ limitMs: 50, networkMs: 0, diskMs: 0 }, nowMs);
    expect(rounded(times, 10_000)).toEqual([100, 0, 0]);
    expect(rounded(times, 40_000)).toEqual([0, 0, 0]);
  });

  test('is nothing when it has just begun', () => {
    expect(rounded(new WaitTimes(5), 5)).toEqual([0, 0, 0]);
  });
});
