import { once } from 'node:events';
import { createServer } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import { failureOf } from '../../../tests/support/failure-of.ts';
import {
  CardumeError,
  cardumeErrorFrom,
  durationFromMs,
  msFromDuration,
  openIndex,
  statusOfReason,
} from '../src/index.ts';

describe('whatever is thrown becomes a CardumeError', () => {
  test.each([
    [Object.assign(new Error('write'), { code: 'ENOSPC' }), 'DISK_FULL'],
    [Object.assign(new Error('open'), { code: 'EACCES' }), 'LOCAL_IO_FAILED'],
    [new DOMException('stop', 'AbortError'), 'CANCELLED'],
    [new TypeError('x is not a function'), 'INTERNAL'],
    ['a text', 'INTERNAL'],
    [undefined, 'INTERNAL'],
    [{ path: '/a/B', code: 14, details: 'gone' }, 'UNREACHABLE'],
    [{ path: '/a/B', code: 4, details: 'late' }, 'TIMED_OUT'],
    [{ path: '/a/B', code: 12, details: 'what' }, 'METHOD_UNKNOWN'],
    [{ path: '/a/B', code: 99, details: 'odd' }, 'INTERNAL'],
    [
      { path: '/a/B', code: 5, details: 'no', extra: [{ domain: 'cardume', reason: 'LEASE_UNKNOWN' }] },
      'LEASE_UNKNOWN',
    ],
    [{ path: '/a/B', code: 5, details: 'no', extra: [{ domain: 'cardume', reason: 'toString' }] }, 'FILE_NOT_SHARED'],
    [{ path: '/a/B', code: 5, details: 'no', extra: [{ domain: 'else', reason: 'LEASE_UNKNOWN' }] }, 'FILE_NOT_SHARED'],
  ])('%p: %s', (thrown, reason) => {
    const error = cardumeErrorFrom(thrown);
    expect(error.reason).toBe(reason);
    expect(CardumeError.is(error)).toBe(true);
    expect(cardumeErrorFrom(error)).toBe(error);
  });

  test('and every reason has a status', () => {
    for (const [reason, status] of Object.entries(statusOfReason)) {
      expect(cardumeErrorFrom(new CardumeError(reason as keyof typeof statusOfReason, 'x')).code).toBe(status);
    }
  });
});

describe('an index that is not there', () => {
  test('is UNREACHABLE, by its address', async () => {
    const free = createServer().listen(0, '127.0.0.1');
    await once(free, 'listening');
    const address = free.address();
    const port = address !== null && typeof address === 'object' ? address.port : 0;
    free.close();
    await once(free, 'close');
    const index = openIndex({ host: '127.0.0.1', port });
    const failure = await failureOf(() => index.search({ query: 'x' }));
    expect(failure).toMatchObject({ reason: 'UNREACHABLE', code: 'UNAVAILABLE' });
    expect(failure.message).toContain(`index 127.0.0.1:${port}`);
    index.close();
  });

  test('is given up when it takes the connection and never speaks', async () => {
    const sockets: { destroy(): void }[] = [];
    const silent = createServer((socket) => sockets.push(socket)).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const address = silent.address();
    const port = address !== null && typeof address === 'object' ? address.port : 0;
    const index = openIndex({ host: '127.0.0.1', port });
    const failure = await failureOf(() => index.search({ query: 'x' }));
    expect(['UNREACHABLE', 'TIMED_OUT']).toContain(failure.reason);
    index.close();
    for (const socket of sockets) socket.destroy();
    silent.close();
  });
});

test('durations keep their milliseconds', () => {
  for (const ms of [0, 1, 999, 1_000, 30_000, 123_456, 0.5])
    expect(msFromDuration(durationFromMs(ms))).toBeCloseTo(ms, 6);
  expect(msFromDuration(undefined)).toBe(0);
});
