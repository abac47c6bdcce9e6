import { parseSize } from '../units/parse-size.ts';

/** A rate, and at what times of the day it is another one. */
export interface RateSchedule {
  /** In bytes per second, at all times that no window has; undefined: no bound. */
  readonly bytesPerSecond: number | undefined;
  /** At most {@link maxRateWindows}; no two of them have a minute in common. */
  readonly windows: readonly RateWindow[];
}

/** A part of every day. */
export interface RateWindow {
  /** The minute of the day that it begins with, 0 to 1,439. */
  readonly fromMinute: number;
  /** The first minute that is not part of it, 0 to 1,439; not after `fromMinute`: it goes on over midnight. */
  readonly toMinute: number;
  /** In bytes per second; undefined: no bound. */
  readonly bytesPerSecond: number | undefined;
}

/** Bytes per second, the same at all times or by a schedule. */
export type RateLimit = number | RateSchedule;

/** How many windows a schedule has at the most: one for each hour. */
export const maxRateWindows = 24;
const maxScheduleLength = 1_024;
const example = 'Write a rate such as 50MB/s, or one with its times: 50MB/s,22:00-06:00=all.';

/**
 * Reads a rate with its schedule: `RATE` or `RATE,HH:MM-HH:MM=RATE,…`, where a RATE is a size for each second (`50MB/s`,
 * `10 MiB/s`, `500kB`) or `all`. The first one is for all times that no window has. A window is of every day, by the clock of
 * whoever keeps to it: `22:00-06:00` goes on over midnight; when clocks are set forward, it may be shorter or not come at
 * all, and when they are set back longer, or come twice.
 *
 * @returns a number where there are no windows; `problem`: what is wrong with the text, in words
 */
export function parseRateLimit(text: string): { limit: RateLimit } | { problem: string } {
  if (text.length > maxScheduleLength) return { problem: `It is longer than ${maxScheduleLength} characters.` };
  const [first = '', ...rest] = text.split(',');
  const base = parseRate(first);
  if (base === undefined) return { problem: `"${first.trim()}" is no rate. ${example}` };
  if (rest.length === 0) {
    if (base.bytesPerSecond === undefined) return { problem: `"all" alone is no limit. ${example}` };
    return { limit: base.bytesPerSecond };
  }
  if (rest.length > maxRateWindows) return { problem: `It has more than ${maxRateWindows} windows.` };
  const windows: RateWindow[] = [];
  for (const part of rest) {
    const window = parseWindow(part);
    if (window === undefined) return { problem: `"${part.trim()}" is no HH:MM-HH:MM=RATE. ${example}` };
    if (window.fromMinute === window.toMinute) return { problem: `"${part.trim()}" begins and ends at the same time.` };
    if (windows.some((other) => overlap(other, window)))
      return { problem: `"${part.trim()}" overlaps another window.` };
    windows.push(window);
  }
  return { limit: { bytesPerSecond: base.bytesPerSecond, windows } };
}

/**
 * The rate at a time of the day.
 *
 * @param minuteOfDay 0 to 1,439
 * @returns bytes per second; undefined: no bound
 */
export function rateAt({ bytesPerSecond, windows }: RateSchedule, minuteOfDay: number): number | undefined {
  const window = windows.find((each) => contains(each, minuteOfDay));
  return window === undefined ? bytesPerSecond : window.bytesPerSecond;
}

/** The highest rate that a limit ever has; undefined: there are times without a bound. */
export function highestRate(limit: RateLimit): number | undefined {
  if (typeof limit === 'number') return limit;
  const rates = [limit, ...limit.windows].map(({ bytesPerSecond }) => bytesPerSecond ?? Number.POSITIVE_INFINITY);
  const highest = Math.max(...rates);
  return Number.isFinite(highest) ? highest : undefined;
}

/** The lowest rate that a limit ever has. Of a limit that has no bound at any time: infinity. */
export function lowestRate(limit: RateLimit): number {
  if (typeof limit === 'number') return limit;
  return Math.min(...[limit, ...limit.windows].map(({ bytesPerSecond }) => bytesPerSecond ?? Number.POSITIVE_INFINITY));
}

/** Reads `50MB/s`, `500kB` or `all`. */
function parseRate(text: string): { bytesPerSecond: number | undefined } | undefined {
  const plain = text.trim();
  if (plain.toLowerCase() === 'all') return { bytesPerSecond: undefined };
  const bytesPerSecond = parseSize(plain.replace(/\/ ?s$/i, ''));
  return bytesPerSecond === undefined || bytesPerSecond < 1 ? undefined : { bytesPerSecond };
}

function parseWindow(text: string): RateWindow | undefined {
  const match = /^(\d{1,2}):(\d\d)-(\d{1,2}):(\d\d)=(.+)$/.exec(text.trim());
  const [, fromHour, fromMinutes, toHour, toMinutes, rateText = ''] = match ?? [];
  const fromMinute = minuteOf(fromHour, fromMinutes);
  const toMinute = minuteOf(toHour, toMinutes);
  const rate = parseRate(rateText);
  if (fromMinute === undefined || toMinute === undefined || rate === undefined) return undefined;
  return { fromMinute, toMinute, ...rate };
}

function minuteOf(hour: string | undefined, minute: string | undefined): number | undefined {
  const [hours, minutes] = [Number(hour), Number(minute)];
  if (Number.isNaN(hours) || Number.isNaN(minutes) || minutes > 59) return undefined;
  if (hours === 24 && minutes === 0) return 0;
  return hours > 23 ? undefined : hours * 60 + minutes;
}

function contains({ fromMinute, toMinute }: RateWindow, minute: number): boolean {
  if (fromMinute < toMinute) return minute >= fromMinute && minute < toMinute;
  return minute >= fromMinute || minute < toMinute;
}

/** Two windows have a minute in common just when one of them has the other's first one. */
export function overlap(one: RateWindow, other: RateWindow): boolean {
  return contains(one, other.fromMinute) || contains(other, one.fromMinute);
}
