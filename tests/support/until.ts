import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Waits until a condition holds, by asking again and again, and gives what it returned.
 *
 * @param what what is waited for, for the error when it does not come
 * @param condition returns something truthy when it holds; an error that it throws ends the wait
 */
export async function until<Value>(
  what: string,
  condition: () => Value | Promise<Value>,
  timeoutMs = 30_000,
): Promise<NonNullable<Value>> {
  const endMs = performance.now() + timeoutMs;
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (performance.now() > endMs) throw new Error(`waited ${timeoutMs / 1000} s in vain for: ${what}`);
    await sleep(25);
  }
}
