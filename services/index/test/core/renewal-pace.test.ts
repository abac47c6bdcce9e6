import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { RenewalPace } from '../../src/core/leases/renewal-pace.ts';

const leaseTtlMs = 30_000;

/** Peers that renew when they were told to, for three minutes; returns the interval at the end, in milliseconds. */
function paceOf(peers: number): number {
  const pace = new RenewalPace(leaseTtlMs, 0);
  let due = 0;
  for (let nowMs = 0; nowMs < 180_000; nowMs += 100) {
    for (due += (peers / pace.intervalMs) * 100; due >= 1; due -= 1) pace.note(nowMs);
  }
  return pace.intervalMs;
}

test('few peers renew after a third of their lease', () => {
  expect(new RenewalPace(leaseTtlMs, 0).intervalMs).toBe(10_000);
  expect(paceOf(1)).toBe(10_000);
  expect(paceOf(19_000)).toBe(10_000);
});

test('more than an index asks for in that time renew less often, so that it gets as many as it asks for', () => {
  expect(paceOf(28_000) / 1_000).toBeCloseTo(14, 0);
});

test('very many renew after three fifths of it', () => {
  expect(paceOf(100_000)).toBe(18_000);
});

test('whatever comes, it is between these', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(10_000)), fc.integer({ min: 1_000, max: 3_600_000 }), (gapsMs, ttlMs) => {
      const pace = new RenewalPace(ttlMs, 0);
      let nowMs = 0;
      for (const gapMs of gapsMs) {
        nowMs += gapMs;
        pace.note(nowMs);
        expect(pace.intervalMs).toBeGreaterThanOrEqual(Math.floor(ttlMs / 3));
        expect(pace.intervalMs).toBeLessThanOrEqual(Math.ceil(ttlMs * 0.6));
      }
    }),
  );
});
