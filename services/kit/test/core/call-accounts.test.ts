import { CardumeError } from '@cardume/client';
import { describe, expect, test } from '@jest/globals';
import { CallAccounts } from '../../src/core/calls/call-accounts.ts';

const bounds = { maxCalls: 4, maxCallsPerCaller: 3, maxHeldRequestBytes: 100, maxHeldRequestBytesPerCaller: 60 };

/** The bound that something ran into; undefined: none. */
function limitOf(action: () => unknown): string | undefined {
  try {
    action();
    return undefined;
  } catch (error) {
    return CardumeError.is(error) ? error.metadata.limit : 'none of ours';
  }
}

describe('calls', () => {
  test('of one caller are bounded, and those of others are not by them', () => {
    const accounts = new CallAccounts(bounds, () => false);
    const open = [1, 2, 3].map(() => accounts.open('a'));
    expect(limitOf(() => accounts.open('a'))).toBe('maxCallsPerCaller');
    expect(limitOf(() => accounts.open('b'))).toBeUndefined();
    open[0]?.close();
    open[0]?.close();
    expect(accounts.callCount).toBe(3);
    expect(limitOf(() => accounts.open('a'))).toBeUndefined();
  });

  test('of all are bounded, unless room can be made', () => {
    let canMakeRoom = false;
    const open: { close(): void }[] = [];
    const accounts = new CallAccounts(bounds, () => {
      if (canMakeRoom) open.shift()?.close();
      return canMakeRoom;
    });
    for (const caller of ['a', 'b', 'c', 'd']) open.push(accounts.open(caller));
    expect(limitOf(() => accounts.open('e'))).toBe('maxCalls');
    canMakeRoom = true;
    // The one that makes room is the caller's own, and so its account was forgotten meanwhile.
    open.push(accounts.open('a'));
    expect(accounts.callCount).toBe(4);
    for (const call of open) call.close();
    expect([accounts.callCount, accounts.callerCount]).toEqual([0, 0]);
  });
});

describe('bytes', () => {
  test('of one caller are bounded over all of its calls', () => {
    const accounts = new CallAccounts(bounds, () => false);
    const [first, second] = [accounts.open('a'), accounts.open('a')];
    first.hold(40);
    expect(limitOf(() => second.hold(21))).toBe('maxHeldRequestBytesPerCaller');
    second.close();
    expect(limitOf(() => first.hold(20))).toBeUndefined();
    expect(accounts.heldBytes).toBe(60);
    first.release();
    expect(accounts.heldBytes).toBe(0);
  });

  test('of all callers are bounded', () => {
    const accounts = new CallAccounts(bounds, () => false);
    const calls = ['a', 'b', 'c'].map((caller) => accounts.open(caller));
    calls[0]?.hold(50);
    calls[1]?.hold(50);
    expect(limitOf(() => calls[2]?.hold(1))).toBe('maxHeldRequestBytes');
    for (const call of calls) call.close();
    expect([accounts.heldBytes, accounts.callerCount]).toEqual([0, 0]);
  });

  test('that come after the end of a call count nothing', () => {
    const accounts = new CallAccounts(bounds, () => false);
    const call = accounts.open('a');
    call.close();
    call.hold(1_000);
    expect(accounts.heldBytes).toBe(0);
  });
});
