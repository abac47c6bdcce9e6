import { CardumeError } from '@cardume/client';
import { describe, expect, test } from '@jest/globals';
import { createCallerSlots } from '../../src/core/slots.ts';

function limitOf(action: () => unknown): string | undefined {
  try {
    action();
  } catch (error) {
    if (CardumeError.is(error) && error.reason === 'LIMIT_REACHED') return error.metadata.limit;
    throw error;
  }
  return undefined;
}

describe('slots of each caller', () => {
  test('bound what one caller has at once, and leave those of others alone', () => {
    const slots = createCallerSlots(2, 'theLimit');
    slots.take('a');
    const giveBack = slots.take('a');
    expect(limitOf(() => slots.take('a'))).toBe('theLimit');
    expect(limitOf(() => slots.take('b'))).toBeUndefined();
    giveBack();
    expect(limitOf(() => slots.take('a'))).toBeUndefined();
    expect(limitOf(() => slots.take('a'))).toBe('theLimit');
  });

  test('that are given back twice count once', () => {
    const slots = createCallerSlots(2, 'theLimit');
    const giveBack = slots.take('a');
    slots.take('a');
    giveBack();
    giveBack();
    slots.take('a');
    expect(limitOf(() => slots.take('a'))).toBe('theLimit');
  });
});
