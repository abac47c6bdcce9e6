import { describe, expect, test } from '@jest/globals';
import { attemptMs } from '../src/core/failover/attempt-time.ts';
import { noneAnswers } from '../src/core/failover/none-answers.ts';
import { isWorthAskingAnother, Turns } from '../src/core/failover/turns.ts';
import { type Addresses, CardumeError, openIndex, parseAddresses } from '../src/index.ts';

describe('turns', () => {
  const none = new Set<number>();

  test('begin with the first server, and stay with the next one when it has failed', () => {
    const turns = new Turns(3);
    expect(turns.next(none, 0)).toBe(0);
    turns.failed(0, 0);
    expect(turns.next(new Set([0]), 0)).toBe(1);
    turns.answered(1);
    expect(turns.inUse).toBe(1);
    expect(turns.next(none, 59_999)).toBe(1);
    turns.failed(1, 59_999);
    expect(turns.next(new Set([1]), 59_999)).toBe(2);
    expect(turns.next(new Set([1, 2]), 59_999)).toBe(0);
    expect(turns.next(new Set([0, 1, 2]), 59_999)).toBeUndefined();
  });

  test('ask one that another call has moved to, and none twice', () => {
    const turns = new Turns(3);
    turns.failed(0, 0);
    turns.failed(1, 0);
    // A call that was at the first one all the while.
    turns.failed(0, 0);
    expect(turns.inUse).toBe(2);
    expect(turns.next(new Set([0]), 0)).toBe(2);
    expect(turns.next(new Set([0, 2]), 0)).toBe(1);
  });

  test('do not go back for a late answer of one that has failed', () => {
    const turns = new Turns(2);
    turns.failed(0, 0);
    turns.answered(0);
    expect(turns.inUse).toBe(1);
  });

  test('come back to the first when all have failed', () => {
    const turns = new Turns(2);
    turns.failed(0, 0);
    turns.failed(1, 0);
    expect(turns.next(none, 0)).toBe(0);
  });

  test('have one call a minute try one of those before it, each in its turn, and stay with one that answers', () => {
    const turns = new Turns(3);
    turns.failed(0, 0);
    turns.failed(1, 30_000);
    expect(turns.next(none, 59_999)).toBe(2);
    expect(turns.next(none, 60_000)).toBe(0);
    // Others do not wait for what comes of that, and nor does it when it fails.
    expect(turns.next(none, 60_001)).toBe(2);
    turns.failed(0, 63_000);
    expect(turns.next(new Set([0]), 63_000)).toBe(2);
    expect(turns.next(none, 120_000)).toBe(1);
    turns.answered(1);
    expect(turns.inUse).toBe(1);
    expect(turns.next(none, 180_000)).toBe(0);
    turns.answered(0);
    expect(turns.next(none, 1_000_000)).toBe(0);
  });

  test('of one server are always its own', () => {
    const turns = new Turns(1);
    turns.failed(0, 0);
    expect(turns.next(none, 100_000)).toBe(0);
    expect(turns.next(new Set([0]), 100_000)).toBeUndefined();
  });

  test.each([
    ['UNREACHABLE', true],
    ['TIMED_OUT', true],
    ['SHUTTING_DOWN', true],
    ['STORAGE_UNAVAILABLE', true],
    ['STORAGE_FAILED', false],
    ['LEASE_UNKNOWN', false],
    ['INVALID_FIELD', false],
    ['CANCELLED', false],
  ] as const)('%s is worth asking another: %s', (reason, expected) => {
    expect(isWorthAskingAnother(new CardumeError(reason, 'x'))).toBe(expected);
  });
});

describe('the time of an attempt', () => {
  test.each([
    [10_000, 0, 10_000],
    [10_000, 1, 3_000],
    [7_000, 0, 7_000],
    [10_000, 4, 2_000],
    [10_000, 15, 1_000],
    [400, 3, 400],
  ])('with %i ms left and %i others is %i ms', (leftMs, others, expected) => {
    expect(attemptMs(leftMs, others)).toBe(expected);
  });
});

describe('when none answers', () => {
  test('the error has the reason and the delay of the last one, and names each with what came of it', () => {
    const failures = new Map([
      [1, new CardumeError('UNREACHABLE', 'index b:10 does not answer (ECONNREFUSED)')],
      [0, new CardumeError('SHUTTING_DOWN', 'the server is stopping', { retryDelayMs: 500 })],
    ]);
    expect(noneAnswers(['a:1', 'b:10', 'c:1'], failures)).toMatchObject({
      reason: 'SHUTTING_DOWN',
      retryDelayMs: 500,
      message:
        'no index answers: index b:10 does not answer (ECONNREFUSED); index a:1: the server is stopping; index c:1: no time was left',
    });
  });

  test('the error of the only one stays as it is', () => {
    const error = new CardumeError('UNREACHABLE', 'index a:1 does not answer');
    expect(noneAnswers(['a:1'], new Map([[0, error]]))).toBe(error);
  });
});

describe('addresses', () => {
  test('are read in their order', () => {
    expect(parseAddresses('a:1, b,[::1]:3', '--index', 50_051)).toEqual([
      { host: 'a', port: 1 },
      { host: 'b', port: 50_051 },
      { host: '::1', port: 3 },
    ]);
  });

  test.each([
    ['', 'has no address at one place'],
    ['a:1,', 'has no address at one place'],
    ['a:1,,b:1', 'has no address at one place'],
    ['a:1,b:x', 'is not an address'],
    ['a:50051,b:1,a', 'names a:50051 twice'],
    [Array.from({ length: 17 }, (_, number) => `h${number}`).join(','), 'has 17 addresses; give at most 16'],
  ])('%j are refused', (text, problem) => {
    expect(() => parseAddresses(text, '--index', 50_051)).toThrow(problem);
  });

  test('that are given as objects are checked, too', () => {
    const one = { host: 'a', port: 1 };
    expect(() => openIndex([one, one])).toThrow('names a:1 twice');
    expect(() => openIndex([] as unknown as Addresses)).toThrow('has no address');
  });
});
