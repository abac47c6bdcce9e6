import { expect, test } from '@jest/globals';
import { checkRate } from '../../src/core/check-rate.ts';

test('a rate is a whole number, or none', () => {
  for (const good of [1, 2_000, false] as const) expect(() => checkRate(good, '--x')).not.toThrow();
  for (const bad of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
    expect(() => checkRate(bad, '--x')).toThrow('--x: must be a whole number from 1 on, or off');
  }
});
