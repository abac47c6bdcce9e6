import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { CallerTurns } from '../../src/core/caller-turns.ts';

const { signal } = new AbortController();

/** Work that ends when it is told to. */
function work() {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { run: () => promise, end: resolve };
}

test('so many of one caller run at once, the next when one has ended, and those of others at once', async () => {
  const turns = new CallerTurns(2);
  const started: string[] = [];
  const works = Array.from({ length: 4 }, work);
  const running = works.map(({ run }, number) =>
    turns.run('a', signal, () => {
      started.push(`a${number}`);
      return run();
    }),
  );
  const other = turns.run('b', signal, async () => {
    started.push('b');
  });
  await other;
  expect(started).toEqual(['a0', 'a1', 'b']);
  works[1]?.end();
  await nextTurn();
  expect(started).toEqual(['a0', 'a1', 'b', 'a2']);
  for (const { end } of works) end();
  await Promise.all(running);
  expect(started.at(-1)).toBe('a3');
  expect(turns.callerCount).toBe(0);
});

test('who goes away while it waits is out of the queue, and what fails gives its turn on', async () => {
  const turns = new CallerTurns(1);
  const first = work();
  const running = turns.run('a', signal, first.run);
  const leaving = new AbortController();
  const left = turns.run('a', leaving.signal, async () => 'never');
  const failing = turns.run('a', signal, () => Promise.reject(new Error('it failed')));
  const last = turns.run('a', signal, async () => 'done');
  leaving.abort();
  await expect(left).rejects.toMatchObject({ name: 'AbortError' });
  first.end();
  await running;
  await expect(failing).rejects.toThrow('it failed');
  expect(await last).toBe('done');
  await expect(turns.run('a', leaving.signal, async () => 'never')).rejects.toMatchObject({ name: 'AbortError' });
  expect(turns.callerCount).toBe(0);
});

test('whatever comes and goes, never too many run, all end, and nothing is kept', async () => {
  const call = fc.record({
    caller: fc.constantFrom('a', 'b', 'c'),
    steps: fc.nat(4),
    leavesAfter: fc.option(fc.nat(4)),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(call, { maxLength: 30 }), fc.integer({ min: 1, max: 4 }), async (calls, atOnce) => {
      const turns = new CallerTurns(atOnce);
      const running = new Map<string, number>();
      await Promise.allSettled(
        calls.map(async ({ caller, steps, leavesAfter }) => {
          const leaving = new AbortController();
          const ended = turns.run(caller, leaving.signal, async () => {
            running.set(caller, (running.get(caller) ?? 0) + 1);
            expect(running.get(caller)).toBeLessThanOrEqual(atOnce);
            for (let step = 0; step < steps; step += 1) await nextTurn();
            running.set(caller, (running.get(caller) ?? 0) - 1);
          });
          for (let step = 0; leavesAfter !== null && step < leavesAfter; step += 1) await nextTurn();
          if (leavesAfter !== null) leaving.abort();
          await ended;
        }),
      );
      expect([...running.values()].every((count) => count === 0)).toBe(true);
      expect(turns.callerCount).toBe(0);
    }),
    { numRuns: 200 },
  );
});
