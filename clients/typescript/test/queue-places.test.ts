import { CardumeError } from '@cardume/client';
import { expect, test } from '@jest/globals';
import { queueDelayMs, queuePositionOf } from '../src/core/download/holder-patience.ts';

const refused = (position: string, reason: 'LIMIT_REACHED' | 'NOT_ALLOWED' = 'LIMIT_REACHED') =>
  new CardumeError(reason, 'not now', { metadata: { queue_position: position } });

test('a place in the queue of a holder is what it says, when that can be meant', () => {
  expect(queuePositionOf(refused('3'))).toBe(3);
  for (const odd of ['', '0', '-1', '1.5', '1e3', ' 1', '9999999', '99999999999', 'first']) {
    expect(queuePositionOf(refused(odd))).toBeUndefined();
  }
  expect(queuePositionOf(refused('3', 'NOT_ALLOWED'))).toBeUndefined();
  expect(queuePositionOf(new CardumeError('LIMIT_REACHED', 'not now'))).toBeUndefined();
});

test('who waits comes back when it was told to, within bounds, and hardly later', () => {
  expect([queueDelayMs(2_000, 0), queueDelayMs(2_000, 1)]).toEqual([2_000, 2_200]);
  expect(queueDelayMs(0, 0)).toBe(100);
  expect(queueDelayMs(-5, 0)).toBe(100);
  expect(queueDelayMs(1e12, 0)).toBe(10_000);
});
