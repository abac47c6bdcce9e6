import { CardumeError } from '@cardume/client';
import { describe, expect, test } from '@jest/globals';
import { createCallerSlots, createSlots, takeSlot } from '../../src/core/slots.ts';

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

test('callers without an address have slots of their own where they have certificates, and else share those of one', () => {
  const slots = { slots: createSlots(10, 'all'), callerSlots: createCallerSlots(1, 'ofOne') };
  const take = (address: string, peerId?: string) => limitOf(() => takeSlot(slots, address, peerId));
  expect([take('unknown', 'a'), take('unknown', 'b'), take('unknown', 'a')]).toEqual([undefined, undefined, 'ofOne']);
  expect([take('unknown'), take('unknown')]).toEqual([undefined, 'ofOne']);
  // Else whoever enrols many peers on one machine would have the slots of as many callers.
  expect([take('127.0.0.1:1', 'c'), take('127.0.0.1:2', 'd')]).toEqual([undefined, 'ofOne']);
});
