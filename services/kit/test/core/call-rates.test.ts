import { CardumeError } from '@cardume/client';
import { describe, expect, test } from '@jest/globals';
import { CallRates, type RatedAs } from '../../src/core/calls/call-rates.ts';

let nowMs = 0;

/** How many of so many calls are let in; what the others are refused with is the bound. */
function letIn(rates: CallRates, account: string, ratedAs: RatedAs, count: number): number {
  let passed = 0;
  for (let call = 0; call < count; call += 1) {
    try {
      rates.take({ account, ratedAs });
      passed += 1;
    } catch (error) {
      expect(error).toMatchObject({
        reason: 'LIMIT_REACHED',
        metadata: { limit: 'callsPerSecond' },
        retryDelayMs: 1_000,
      });
    }
  }
  return passed;
}

describe('calls', () => {
  test('of one member are bounded, at once and over time, and those of others are not by them', () => {
    const rates = new CallRates(100, () => nowMs);
    expect(letIn(rates, 'a', 'member', 1_000)).toBe(500);
    expect(letIn(rates, 'b', 'member', 400)).toBe(400);
    nowMs += 1_000;
    expect(letIn(rates, 'a', 'member', 1_000)).toBe(100);
    nowMs += 3_600_000;
    expect(letIn(rates, 'a', 'member', 1_000)).toBe(500);
  });

  test('of one place are few where callers have certificates: who has none only enrols', () => {
    const known = new CallRates(2_000, () => nowMs, true);
    expect(letIn(known, '192.0.2.1', 'place', 5_000)).toBe(2_000);
    expect(letIn(known, '192.0.2.1', 'member', 20_000)).toBe(10_000);
    const few = new CallRates(10, () => nowMs, true);
    expect(letIn(few, '192.0.2.1', 'place', 5_000)).toBe(200);
  });

  test('of one place are four times as many, for those who have no certificate', () => {
    const rates = new CallRates(100, () => nowMs);
    expect(letIn(rates, '192.0.2.1', 'place', 5_000)).toBe(2_000);
    // A member who calls from there has an account of its own.
    expect(letIn(rates, '192.0.2.1', 'member', 5_000)).toBe(500);
  });

  test('of this machine itself are not counted', () => {
    const rates = new CallRates(1, () => nowMs);
    expect(letIn(rates, '127.0.0.1', 'nobody', 1_000)).toBe(1_000);
    expect(rates.callerCount).toBe(0);
  });

  test('of any number of callers take bounded memory', () => {
    const rates = new CallRates(1, () => nowMs);
    for (let caller = 0; caller < 200_000; caller += 1) rates.take({ account: `p${caller}`, ratedAs: 'place' });
    expect(rates.callerCount).toBeLessThanOrEqual(50_000);
    nowMs += 5_000;
    rates.take({ account: 'a', ratedAs: 'place' });
    nowMs += 5_000;
    rates.take({ account: 'a', ratedAs: 'place' });
    expect(rates.callerCount).toBe(1);
  });

  test('are refused with one error, however many they are', () => {
    const rates = new CallRates(1, () => nowMs);
    const refusals = Array.from({ length: 20 }, () => {
      try {
        rates.take({ account: 'a', ratedAs: 'member' });
        return undefined;
      } catch (error) {
        return error;
      }
    });
    expect(new Set(refusals.slice(5)).size).toBe(1);
    expect(CardumeError.is(refusals.at(-1))).toBe(true);
  });
});
