import { AwakeClock } from './core/time/awake-clock.ts';

const lookEveryMs = 500;

/** A clock that stands still while this process does, and the machine. Whoever starts it stops it. */
export interface RunningAwakeClock {
  /** For how long it has run, in milliseconds. */
  nowMs(): number;
  stop(): void;
}

/** Starts one, by a clock that is never set back. */
export function startAwakeClock(nowMs: () => number): RunningAwakeClock {
  const clock = new AwakeClock(nowMs);
  const timer = setInterval(() => clock.nowMs(), lookEveryMs).unref();
  return { nowMs: () => clock.nowMs(), stop: () => clearInterval(timer) };
}
