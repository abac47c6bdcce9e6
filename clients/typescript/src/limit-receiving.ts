import { checkRateLimit } from './core/rate/check-rate-limit.ts';
import { minuteOfDay } from './core/rate/minute-of-day.ts';
import { highestRate, type RateLimit, rateAt } from './core/rate/rate-schedule.ts';
import { ReceiveLimit } from './core/rate/receive-limit.ts';

/** The limits of what comes, as options give them. */
export interface ReceiveLimitOptions {
  maxBytesPerSecond?: RateLimit | undefined;
  maxBytesPerSecondEach?: RateLimit | undefined;
}

/** What a limit is now, by the clock and the time zone of this machine. */
export function rateNowOf(limit: RateLimit): () => number | undefined {
  return typeof limit === 'number' ? () => limit : () => rateAt(limit, minuteOfDay(new Date()));
}

/** Makes what keeps to the limits; undefined: there are none. */
export function limitReceiving(options: ReceiveLimitOptions): ReceiveLimit | undefined {
  const { maxBytesPerSecond: all, maxBytesPerSecondEach: each } = options;
  if (all === undefined && each === undefined) return undefined;
  const rates = {
    all: all === undefined ? undefined : rateNowOf(all),
    each: each === undefined ? undefined : rateNowOf(each),
  };
  return new ReceiveLimit(rates, performance.now());
}

/** @throws CardumeError INVALID_FIELD for limits at which nothing comes */
export function checkReceiveLimits({ maxBytesPerSecond, maxBytesPerSecondEach }: ReceiveLimitOptions): void {
  if (maxBytesPerSecond !== undefined) checkRateLimit(maxBytesPerSecond, 'maxBytesPerSecond');
  if (maxBytesPerSecondEach !== undefined) checkRateLimit(maxBytesPerSecondEach, 'maxBytesPerSecondEach');
}

/** The highest rate at which one source ever brings something; undefined: there is no bound at some time. */
export function highestRateOfSource(options: ReceiveLimitOptions): number | undefined {
  const { maxBytesPerSecond: all, maxBytesPerSecondEach: each } = options;
  const rates = [all, each].map((limit) => (limit === undefined ? undefined : highestRate(limit)));
  const known = rates.filter((rate) => rate !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}
