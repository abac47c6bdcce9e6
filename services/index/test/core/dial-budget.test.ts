import { expect, test } from '@jest/globals';
import { DialBudget, type DialCaller } from '../../src/core/addresses/dial-budget.ts';

let nowMs = 0;
const budget = () => new DialBudget(() => nowMs);
const callerOf = (seenHost: string, certifiedPeerId?: string): DialCaller => ({ seenHost, certifiedPeerId });

/** How many dials in vain are begun, of so many. */
function begun(of: DialBudget, callers: readonly DialCaller[], targetOf: (at: number) => string): number {
  return callers.filter((caller, at) => of.begin(caller)?.addTargets([targetOf(at)]) === true).length;
}
const target = (at: number): string => `203.0.${at % 250}.${Math.floor(at / 250)}`;
const times = <Item>(count: number, item: (at: number) => Item): Item[] =>
  Array.from({ length: count }, (_, at) => item(at));

test.each([
  ['one peer by its certificate', 20, times(100, () => callerOf('192.0.2.1', 'p')), target],
  ['peers of one certificate at many places', 20, times(100, (at) => callerOf(target(at), 'p')), target],
  ['all peers of one place', 60, times(100, (at) => callerOf('192.0.2.1', `p${at}`)), target],
  ['all addresses of one IPv6 network', 60, times(100, (at) => callerOf(`2a00:1:2:3::${at}`)), target],
  ['one victim, by many', 60, times(100, (at) => callerOf(target(at), `p${at}`)), () => '198.51.100.7'],
  ['all of them', 1_000, times(1_200, (at) => callerOf(target(at), `p${at}`)), (at: number) => target(at + 1)],
])('%s: %d dials in vain at once', (_what, expected, callers, targetOf) => {
  expect(begun(budget(), callers, targetOf)).toBe(expected);
});

test('comes back with time', () => {
  const of = budget();
  const caller = times(100, () => callerOf('192.0.2.1', 'p'));
  expect(begun(of, caller, target)).toBe(20);
  nowMs += 6_000;
  expect(begun(of, caller, target)).toBe(2);
  nowMs += 3_600_000;
  expect(begun(of, caller, target)).toBe(20);
});

test('a peer that answers as itself costs nothing, however often it joins', () => {
  const of = budget();
  for (let join = 0; join < 5_000; join += 1) {
    const charge = of.begin(callerOf('192.0.2.1', 'p'));
    expect(charge?.addTargets(['192.0.2.1'])).toBe(true);
    charge?.giveBack();
  }
});

test('what is not dialled after all costs nothing either', () => {
  const of = budget();
  const full = times(60, (at) => callerOf(target(at), `p${at}`));
  expect(begun(of, full, () => '198.51.100.7')).toBe(60);
  for (let join = 0; join < 100; join += 1) {
    expect(of.begin(callerOf('192.0.2.1', 'p'))?.addTargets(['203.0.113.5', '198.51.100.7'])).toBe(false);
  }
  expect(
    begun(
      of,
      times(100, () => callerOf('192.0.2.1', 'p')),
      () => '203.0.113.5',
    ),
  ).toBe(20);
});
