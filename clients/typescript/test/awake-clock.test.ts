import { expect, test } from '@jest/globals';
import { AwakeClock } from '../src/core/time/awake-clock.ts';

test('a clock of the time awake counts small steps, and of a long sleep next to nothing', () => {
  let nowMs = 1_000_000;
  const clock = new AwakeClock(() => nowMs);
  expect(clock.nowMs()).toBe(0);
  nowMs += 500;
  expect(clock.nowMs()).toBe(500);
  nowMs += 8 * 3_600_000;
  expect(clock.nowMs()).toBe(2_500);
  nowMs += 500;
  expect(clock.nowMs()).toBe(3_000);
  expect(clock.nowMs()).toBe(3_000);
});
