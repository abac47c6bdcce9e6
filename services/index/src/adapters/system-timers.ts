import { setImmediate } from 'node:timers/promises';
import type { Timers } from '../core/timers.ts';

/** The timers of this process. They do not keep it alive. */
export const systemTimers: Timers = {
  after(delayMs, task) {
    const timer = setTimeout(task, delayMs).unref();
    return () => clearTimeout(timer);
  },
  nextTurn: () => setImmediate(),
};
