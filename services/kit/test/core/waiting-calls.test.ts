import type { CardumeError } from '@cardume/client';
import { expect, test } from '@jest/globals';
import { WaitingCalls } from '../../src/core/calls/waiting-calls.ts';

/** Calls that wait, and what each was ended with. */
function waitFor(timeoutMs: number) {
  const waiting = new WaitingCalls(timeoutMs);
  const ends: string[] = [];
  const call = (name: string) => ({
    giveUp: ({ reason, metadata }: CardumeError) => ends.push(`${name} ${reason} ${metadata.limit}`),
  });
  return { waiting, ends, call };
}

test('a call whose message does not come in time is ended, and the others wait on', () => {
  const { waiting, ends, call } = waitFor(30);
  const [a, b, c] = [call('a'), call('b'), call('c')];
  waiting.add(a, 0);
  waiting.add(b, 10);
  waiting.add(c, 20);
  waiting.delete(b);
  waiting.endOverdue(29);
  expect(ends).toEqual([]);
  waiting.endOverdue(45);
  expect(ends).toEqual(['a LIMIT_REACHED requestTimeoutMs']);
  expect(waiting.count).toBe(1);
});

test('a call that waits anew has all of the time', () => {
  const { waiting, ends, call } = waitFor(30);
  const a = call('a');
  waiting.add(a, 0);
  waiting.delete(a);
  waiting.add(a, 20);
  waiting.endOverdue(40);
  expect(ends).toEqual([]);
});

test('the one that has waited the longest makes room, as long as there is one', () => {
  const { waiting, ends, call } = waitFor(30);
  waiting.add(call('a'), 0);
  waiting.add(call('b'), 0);
  expect([waiting.endFirst(), waiting.endFirst(), waiting.endFirst()]).toEqual([true, true, false]);
  expect(ends).toEqual(['a LIMIT_REACHED maxCalls', 'b LIMIT_REACHED maxCalls']);
});
