import { describe, expect, test } from '@jest/globals';
import { ConnectionRates } from '../../src/core/connections/connection-rates.ts';
import type { ConnectionRefusal } from '../../src/core/connections/refused-connections.ts';

let nowMs = 0;
const ratesOf = (perSecond: number): ConnectionRates => new ConnectionRates(perSecond, () => nowMs);

/** How many connections of a place are let in before one is refused, and why it is. */
function letIn(rates: ConnectionRates, place: string): [count: number, refusal: ConnectionRefusal] {
  for (let count = 0; ; count += 1) {
    const refusal = rates.take(place);
    if (refusal !== undefined) return [count, refusal];
  }
}

/** How many connections are let in, of one of each of so many places. */
function letInOfEach(rates: ConnectionRates, name: string, places: number): number {
  const refusals = Array.from({ length: places }, (_, at) => rates.take(`${name}-${at}`));
  for (const refusal of refusals) expect([undefined, 'too_many_strangers']).toContain(refusal);
  return refusals.filter((refusal) => refusal === undefined).length;
}

describe('a place', () => {
  test('makes five seconds worth of connections at once, and its rate over time', () => {
    const rates = ratesOf(10);
    expect(letIn(rates, 'a')).toEqual([50, 'too_often']);
    nowMs += 100;
    expect(letIn(rates, 'a')).toEqual([1, 'too_often']);
    nowMs += 1_000;
    expect(letIn(rates, 'a')).toEqual([10, 'too_often']);
  });

  test('is refused nothing by what another one does', () => {
    const rates = ratesOf(10);
    letIn(rates, 'a');
    expect(letIn(rates, 'b')).toEqual([50, 'too_often']);
  });
});

describe('strangers', () => {
  test('together make no more than four places do, from however many they come', () => {
    const rates = ratesOf(10);
    expect(letInOfEach(rates, 'stranger', 1_000)).toBe(200);
    nowMs += 1_000;
    expect(letInOfEach(rates, 'another', 1_000)).toBe(40);
  });

  test('take nothing from a place where a member was, which has its own rate, and is known for an hour', () => {
    const rates = ratesOf(10);
    rates.welcome('member');
    letInOfEach(rates, 'stranger', 1_000);
    expect(letIn(rates, 'member')).toEqual([50, 'too_often']);
    nowMs += 3_600_000;
    letInOfEach(rates, 'stranger', 1_000);
    expect(letIn(rates, 'member')).toEqual([50, 'too_often']);
    nowMs += 3_600_000;
    letInOfEach(rates, 'stranger', 1_000);
    expect(letIn(rates, 'member')).toEqual([0, 'too_many_strangers']);
  });

  test('that try all the time leave half to those that do not', () => {
    const rates = ratesOf(10);
    // Each of these is soon one that tries too often, and none is beyond its own rate.
    let count = 0;
    for (let round = 0; round < 40; round += 1) count += letInOfEach(rates, 'loud', 10);
    expect(count).toBe(100);
    expect(letInOfEach(rates, 'calm', 101)).toBe(100);
    // What comes back is for the calm ones first, of which each of the loud ones is one once in a second.
    nowMs += 1_000;
    expect([letInOfEach(rates, 'loud', 10), letInOfEach(rates, 'loud', 10)]).toEqual([10, 0]);
    expect(letInOfEach(rates, 'late', 31)).toBe(30);
  });

  test('are counted by their place only for connections that are let in', () => {
    const rates = ratesOf(10);
    letInOfEach(rates, 'stranger', 1_000);
    for (let attempt = 0; attempt < 200; attempt += 1) expect(rates.take('d')).toBe('too_many_strangers');
    rates.welcome('d');
    expect(letIn(rates, 'd')).toEqual([50, 'too_often']);
  });
});
