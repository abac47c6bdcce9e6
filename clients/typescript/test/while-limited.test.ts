import { expect, test } from '@jest/globals';
import { failureOf } from '../../../tests/support/failure-of.ts';
import { until } from '../../../tests/support/until.ts';
import { whileLimited } from '../src/adapters/grpc/while-limited.ts';
import { CardumeError } from '../src/errors/cardume-error.ts';
import type { ErrorReason } from '../src/errors/error-reason.ts';

/** Is refused so many times, and then answers with how often it was asked. */
function refusedFirst(times: number, retryDelayMs?: number, reason: ErrorReason = 'LIMIT_REACHED') {
  let asked = 0;
  const ask = async (): Promise<number> => {
    asked += 1;
    if (asked > times) return asked;
    throw new CardumeError(reason, 'too much', retryDelayMs === undefined ? {} : { retryDelayMs });
  };
  return { ask, askedCount: () => asked };
}

const inAMinute = (): number => performance.now() + 60_000;

test('what is refused with a delay is asked again after it', async () => {
  expect(await whileLimited(refusedFirst(2, 1).ask, { endMs: inAMinute() })).toBe(3);
});

test('what is refused without one is asked again only by those who say after how long', async () => {
  const once = refusedFirst(1);
  expect((await failureOf(() => whileLimited(once.ask, { endMs: inAMinute() }))).reason).toBe('LIMIT_REACHED');
  expect(once.askedCount()).toBe(1);
  expect(await whileLimited(refusedFirst(1).ask, { endMs: inAMinute(), usualWaitMs: 0 })).toBe(2);
});

test('a server that cut the connection at once is asked again, and one that is not there is not', async () => {
  expect(await whileLimited(refusedFirst(2, 1, 'UNREACHABLE').ask, { endMs: inAMinute() })).toBe(3);
  const gone = refusedFirst(1, undefined, 'UNREACHABLE');
  const failure = await failureOf(() => whileLimited(gone.ask, { endMs: inAMinute(), usualWaitMs: 0 }));
  expect([failure.reason, gone.askedCount()]).toEqual(['UNREACHABLE', 1]);
});

test('a server that has its callers wait for an hour does so for some seconds', async () => {
  expect(await whileLimited(refusedFirst(1, 3_600_000).ask, { endMs: inAMinute() })).toBe(2);
}, 60_000);

test('nobody waits beyond the end', async () => {
  const often = refusedFirst(9, 1_000);
  const failure = await failureOf(() => whileLimited(often.ask, { endMs: performance.now() + 500 }));
  expect([failure.reason, often.askedCount()]).toEqual(['LIMIT_REACHED', 1]);
});

test('where the time ends while it is asked again, what is told is why it was refused', async () => {
  const endMs = performance.now() + 1_000;
  let asked = 0;
  const ask = async (): Promise<never> => {
    asked += 1;
    if (asked === 1) throw new CardumeError('LIMIT_REACHED', 'too much', { retryDelayMs: 1 });
    await until('the end', () => performance.now() >= endMs);
    throw new CardumeError('TIMED_OUT', 'too late');
  };
  expect([(await failureOf(() => whileLimited(ask, { endMs }))).message, asked]).toEqual(['too much', 2]);
});

test('what takes too long by itself is told as that', async () => {
  const slow = refusedFirst(1, undefined, 'TIMED_OUT');
  expect((await failureOf(() => whileLimited(slow.ask, { endMs: inAMinute() }))).reason).toBe('TIMED_OUT');
});

test('whoever gives up does not wait', async () => {
  const signal = AbortSignal.timeout(50);
  const failure = await failureOf(() => whileLimited(refusedFirst(9, 5_000).ask, { endMs: inAMinute(), signal }));
  expect(failure.reason).toBe('CANCELLED');
});
