import { CardumeError } from '../../errors/cardume-error.ts';
import { maxRateWindows, overlap, type RateLimit } from './rate-schedule.ts';

const minutesPerDay = 24 * 60;

/** @throws CardumeError INVALID_FIELD for a limit that `parseRateLimit` would not give */
export function checkRateLimit(limit: RateLimit, field: string): void {
  if (typeof limit === 'number') {
    checkRate(limit, field);
    return;
  }
  const { bytesPerSecond, windows } = limit;
  checkRate(bytesPerSecond, field);
  if (windows.length > maxRateWindows)
    throw CardumeError.invalidField(field, `has more than ${maxRateWindows} windows`);
  for (const [index, window] of windows.entries()) {
    checkRate(window.bytesPerSecond, field);
    const { fromMinute, toMinute } = window;
    if (!isMinute(fromMinute) || !isMinute(toMinute) || fromMinute === toMinute) {
      throw CardumeError.invalidField(field, 'a window must be from one minute of the day, 0 to 1439, to another one');
    }
    if (windows.slice(0, index).some((other) => overlap(other, window))) {
      throw CardumeError.invalidField(field, 'two of its windows overlap');
    }
  }
}

function isMinute(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value < minutesPerDay;
}

function checkRate(bytesPerSecond: number | undefined, field: string): void {
  if (bytesPerSecond === undefined || (Number.isFinite(bytesPerSecond) && bytesPerSecond >= 1)) return;
  throw CardumeError.invalidField(field, 'must be at least 1 byte a second');
}
