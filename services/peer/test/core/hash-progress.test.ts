import { describe, expect, test } from '@jest/globals';
import { HashProgress } from '../../src/core/hash-progress.ts';

describe('the progress of hashing', () => {
  test('says files, bytes, rate and the time that is left', () => {
    const progress = new HashProgress();
    progress.add('a', 1_000, 500);
    progress.add('b', 9_000, 500);
    expect(progress.event(500, 0, 'a')).toMatchObject({
      hashedFiles: 0,
      totalFiles: 2,
      hashedBytes: 0,
      totalBytes: 10_000,
    });
    progress.done('a');
    expect(progress.event(3_000, 1_000, 'b')).toEqual({
      type: 'hashing',
      hashedFiles: 1,
      totalFiles: 2,
      hashedBytes: 2_500,
      totalBytes: 10_000,
      resumedBytes: 0,
      bytesPerSecond: 2_500,
      remainingMs: 3_000,
      name: 'b',
    });
    progress.done('b');
    expect(progress.busy).toBe(false);
    expect(progress.event(10_500, 4_000, undefined)).toMatchObject({
      hashedFiles: 2,
      hashedBytes: 10_000,
      remainingMs: 0,
    });
  });

  test('counts what an earlier run has hashed as done, and not as speed', () => {
    const progress = new HashProgress();
    progress.add('large', 10_000, 0);
    progress.event(0, 0, 'large');
    progress.resume(6_000);
    expect(progress.event(1_000, 1_000, 'large')).toMatchObject({
      hashedBytes: 7_000,
      resumedBytes: 6_000,
      bytesPerSecond: 1_000,
      remainingMs: 3_000,
    });
  });

  test('knows no time that is left while nothing moves', () => {
    const progress = new HashProgress();
    progress.add('a', 10_000, 0);
    expect(progress.event(0, 0, 'a')).toMatchObject({ bytesPerSecond: undefined, remainingMs: undefined });
    expect(progress.event(0, 2_000, 'a')).toMatchObject({ bytesPerSecond: 0, remainingMs: undefined });
  });

  test('begins anew when there was nothing left', () => {
    const progress = new HashProgress();
    progress.add('a', 1_000, 0);
    progress.resume(500);
    progress.done('a');
    progress.add('b', 300, 500);
    expect(progress.event(600, 0, 'b')).toMatchObject({
      hashedFiles: 0,
      totalFiles: 1,
      hashedBytes: 100,
      totalBytes: 300,
      resumedBytes: 0,
    });
  });

  test('never says more than all, and forgets files that are put off', () => {
    const progress = new HashProgress();
    progress.add('a', 1_000, 0);
    progress.add('b', 1_000, 0);
    progress.drop('b');
    expect(progress.event(1_500, 0, 'a')).toMatchObject({ totalFiles: 1, hashedBytes: 1_000, totalBytes: 1_000 });
  });
});
