import { describe, expect, test } from '@jest/globals';
import { isWorthAskingAnother, Turns } from '../src/core/failover/turns.ts';
import { CardumeError, parseAddresses } from '../src/index.ts';

describe('turns', () => {
  test('begin with the first server, stay with one that answered, and come back to the first after a minute', () => {
    const turns = new Turns(3);
    expect(turns.order(0)).toEqual([0, 1, 2]);
    turns.answered(1, 1_000);
    expect(turns.order(1_000)).toEqual([1, 2, 0]);
    turns.answered(1, 50_000);
    expect(turns.order(60_999)).toEqual([1, 2, 0]);
    expect(turns.order(61_000)).toEqual([0, 1, 2]);
    turns.answered(2, 61_000);
    expect(turns.order(61_001)).toEqual([2, 0, 1]);
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
});
