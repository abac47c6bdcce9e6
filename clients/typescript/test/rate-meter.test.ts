import { describe, expect, test } from '@jest/globals';
import { createRateMeter } from '../src/index.ts';

describe('a rate meter', () => {
  test('knows nothing before some time has passed', () => {
    const meter = createRateMeter();
    expect(meter.update(0, 0)).toBeUndefined();
    expect(meter.update(10, 1_000_000)).toBeUndefined();
  });

  test('measures a steady rate', () => {
    const meter = createRateMeter();
    let rate: number | undefined;
    for (let ms = 0; ms <= 20_000; ms += 100) rate = meter.update(ms, ms * 50);
    expect(rate).toBeCloseTo(50_000);
  });

  test('forgets what was before its window', () => {
    const meter = createRateMeter(1_000);
    for (let ms = 0; ms <= 5_000; ms += 100) meter.update(ms, ms * 1_000);
    let rate: number | undefined;
    for (let ms = 5_100; ms <= 7_000; ms += 100) rate = meter.update(ms, 5_000_000);
    expect(rate).toBe(0);
  });

  test('begins anew when the count does', () => {
    const meter = createRateMeter();
    meter.update(0, 0);
    meter.update(1_000, 9_000_000);
    expect(meter.update(2_000, 0)).toBeUndefined();
    expect(meter.update(3_000, 500)).toBe(500);
  });
});
