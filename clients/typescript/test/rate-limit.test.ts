import { execFileSync } from 'node:child_process';
import { checkRateLimit, parseRateLimit, type RateSchedule, TokenBucket } from '@cardume/client';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { highestRate, lowestRate, rateAt } from '../src/core/rate/rate-schedule.ts';
import { ReceiveLimit } from '../src/core/rate/receive-limit.ts';

function limitOf(text: string): number | RateSchedule {
  const read = parseRateLimit(text);
  if ('problem' in read) throw new Error(read.problem);
  return read.limit;
}

function scheduleOf(text: string): RateSchedule {
  const limit = limitOf(text);
  if (typeof limit === 'number') throw new Error('it has no windows');
  return limit;
}

const at = (hour: number, minute = 0): number => hour * 60 + minute;

describe('a rate that people write', () => {
  test.each([
    ['50MB/s', 50_000_000],
    ['10MiB/s', 10_485_760],
    ['500kB/s', 500_000],
    ['500kB', 500_000],
    ['1.5 GB / S', 1_500_000_000],
    ['1', 1],
  ])('%j is %d bytes per second', (text, bytes) => expect(limitOf(text)).toBe(bytes));

  test.each([
    ['', /^"" is no rate/],
    ['/s', /no rate/],
    ['0', /no rate/],
    ['0.4B/s', /no rate/],
    ['-1MB/s', /no rate/],
    ['5MB/m', /no rate/],
    ['5MB/s/s', /no rate/],
    ['5 Mbit/s', /no rate/],
    ['fast', /^"fast" is no rate. Write a rate such as 50MB\/s/],
    ['all', /"all" alone is no limit/],
    ['1MB/s,', /no HH:MM-HH:MM=RATE/],
    ['1MB/s,22:00-06:00', /no HH:MM-HH:MM=RATE/],
    ['1MB/s,22:00-06:00=', /no HH:MM-HH:MM=RATE/],
    ['1MB/s,22:60-06:00=all', /no HH:MM-HH:MM=RATE/],
    ['1MB/s,25:00-06:00=all', /no HH:MM-HH:MM=RATE/],
    ['1MB/s,24:01-06:00=all', /no HH:MM-HH:MM=RATE/],
    ['1MB/s,22:00-06:00=none', /no HH:MM-HH:MM=RATE/],
    ['22:00-06:00=all', /no rate/],
    ['1MB/s,06:00-06:00=all', /begins and ends at the same time/],
    ['1MB/s,00:00-24:00=all', /begins and ends at the same time/],
    ['1MB/s,22:00-06:00=all,05:00-07:00=2MB/s', /"05:00-07:00=2MB\/s" overlaps another window/],
    ['1MB/s,05:00-07:00=2MB/s,22:00-06:00=all', /overlaps/],
    [`1MB/s${',01:00-02:00=1'.repeat(25)}`, /more than 24 windows/],
    ['9'.repeat(2_000), /longer than 1024 characters/],
  ])('%j is refused', (text, problem) => {
    expect(parseRateLimit(text)).toEqual({ problem: expect.stringMatching(problem) });
  });

  test('is read or refused, whatever it is, and what is read is accepted as an option', () => {
    const part = fc.constantFrom('1MB/s', 'all', '22:00-06:00=all', '6:00-7:00=5', ',', '=', ':', '-', ' ', '99', 'x');
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(part).map((parts) => parts.join('')),
        ),
        (text) => {
          const read = parseRateLimit(text);
          if ('problem' in read) expect(read.problem).not.toBe('');
          else checkRateLimit(read.limit, 'rate');
        },
      ),
    );
  });

  test.each<[RateSchedule | number]>([
    [0],
    [Number.NaN],
    [Number.POSITIVE_INFINITY],
    [{ bytesPerSecond: 0, windows: [] }],
    [{ bytesPerSecond: 1, windows: [{ fromMinute: 0, toMinute: 1_440, bytesPerSecond: 1 }] }],
    [{ bytesPerSecond: 1, windows: [{ fromMinute: 5, toMinute: 5, bytesPerSecond: 1 }] }],
    [{ bytesPerSecond: 1, windows: [{ fromMinute: 0.5, toMinute: 5, bytesPerSecond: 1 }] }],
    [{ bytesPerSecond: 1, windows: [{ fromMinute: 0, toMinute: 5, bytesPerSecond: 0 }] }],
    [{ bytesPerSecond: 1, windows: [0, 1].map((fromMinute) => ({ fromMinute, toMinute: 5, bytesPerSecond: 2 })) }],
    [
      {
        bytesPerSecond: 1,
        windows: Array.from({ length: 25 }, () => ({ fromMinute: 0, toMinute: 5, bytesPerSecond: 2 })),
      },
    ],
  ])('%j is no option', (limit) => {
    const check = (): void => checkRateLimit(limit, 'maxBytesPerSecond');
    expect(check).toThrow(
      expect.objectContaining({ reason: 'INVALID_FIELD', metadata: { field: 'maxBytesPerSecond' } }),
    );
  });
});

describe('a schedule', () => {
  const schedule = scheduleOf('1MB/s,22:00-06:00=all,12:30-13:00=5MB/s');

  test.each([
    [at(6), 1_000_000],
    [at(12, 29), 1_000_000],
    [at(12, 30), 5_000_000],
    [at(12, 59), 5_000_000],
    [at(13), 1_000_000],
    [at(21, 59), 1_000_000],
    [at(22), undefined],
    [at(23, 59), undefined],
    [at(0), undefined],
    [at(5, 59), undefined],
  ])('has at minute %d the rate %p', (minute, rate) => expect(rateAt(schedule, minute)).toBe(rate));

  test('knows its highest and its lowest rate', () => {
    expect([highestRate(schedule), lowestRate(schedule)]).toEqual([undefined, 1_000_000]);
    const bounded = scheduleOf('2MB/s,22:00-24:00=3MB/s');
    expect([highestRate(bounded), lowestRate(bounded)]).toEqual([3_000_000, 2_000_000]);
    expect([highestRate(7), lowestRate(7)]).toEqual([7, 7]);
  });

  test('goes by the clock on the wall when that is set forward and back', () => {
    // In a process of its own, which has another time zone: Europe/Berlin, on both days of 2026 on which clocks are set.
    const program = `
      import { minuteOfDay } from './clients/typescript/src/core/rate/minute-of-day.ts';
      import { parseRateLimit, rateAt } from './clients/typescript/src/core/rate/rate-schedule.ts';
      const { limit } = parseRateLimit('1MB/s,02:30-03:30=9MB/s');
      const ratesFrom = (time, minutes) => minutes.map((minute) =>
        rateAt(limit, minuteOfDay(new Date(Date.parse(time) + minute * 60_000))) / 1e6);
      console.log(JSON.stringify([
        ratesFrom('2026-03-29T00:45:00Z', [0, 14, 15, 44, 45]),
        ratesFrom('2026-10-25T00:15:00Z', [0, 15, 44, 45, 75, 104, 134, 135]),
      ]));`;
    const text = execFileSync(process.execPath, ['--input-type=module', '-e', program], {
      env: { ...process.env, TZ: 'Europe/Berlin', NODE_OPTIONS: '' },
      encoding: 'utf8',
    });
    expect(JSON.parse(text)).toEqual([
      // 01:45, 01:59, then 03:00, 03:29, 03:30: half an hour of the window.
      [1, 1, 9, 9, 1],
      // 02:15, 02:30, 02:59, again 02:00, 02:30, 02:59, 03:29, 03:30: an hour and a half of it, in two parts.
      [1, 9, 9, 1, 9, 9, 9, 1],
    ]);
  });
});

/** Lets chunks through a bucket until a time, as somebody who sleeps at least as long as it says. */
function pass(bucket: TokenBucket, chunkBytes: () => number, { fromMs = 0, untilMs = 0, lateMs = () => 0 }): number {
  let bytes = 0;
  for (let nowMs = fromMs; nowMs < untilMs; ) {
    const chunk = chunkBytes();
    bytes += chunk;
    nowMs += bucket.take(chunk, nowMs);
    nowMs += lateMs();
  }
  return bytes;
}

describe('a token bucket', () => {
  test.each([1e6, 1e7, 1e8])(
    'lets %d bytes a second through, to 5 %, whoever sleeps some milliseconds too long',
    (rate) => {
      const chunks = fc.integer({ min: 1, max: rate / 16 });
      fc.assert(
        fc.property(fc.array(chunks, { minLength: 1, maxLength: 20 }), fc.nat(40), (sizes, lateMs) => {
          let at = 0;
          // Of little, it is not much at a time that is late.
          const late = (): number => (at % 7 === 0 ? lateMs : 0);
          const bytes = pass(new TokenBucket(rate, 0), () => sizes[at++ % sizes.length] ?? 1, {
            untilMs: 10_000,
            lateMs: late,
          });
          expect(bytes / 10).toBeLessThanOrEqual(rate * 1.05);
          const meanBytes = sizes.reduce((sum, size) => sum + size, 0) / sizes.length;
          // Who is late more than the bucket holds loses that time; what is late here is less.
          if (lateMs < 100 && meanBytes * 7 > (rate / 1000) * lateMs)
            expect(bytes / 10).toBeGreaterThanOrEqual(rate * 0.95);
        }),
      );
    },
  );

  test('holds a tenth of a second', () => {
    const bucket = new TokenBucket(1_000, 0);
    expect(bucket.take(0, 60_000)).toBe(0);
    expect(bucket.isFull(60_000)).toBe(true);
    expect(bucket.take(100, 60_000)).toBe(0);
    expect(bucket.isFull(60_000)).toBe(false);
    expect(bucket.take(50, 60_000)).toBe(50);
  });

  test('goes over to another rate, and pays no old debt for longer than a second', () => {
    let rate: number | undefined;
    const bucket = new TokenBucket(() => rate, 0);
    expect(bucket.take(1e12, 0)).toBe(0);
    rate = 1_000;
    expect(bucket.take(10, 1_000)).toBe(10);
    expect(bucket.take(490, 1_000)).toBe(500);
    rate = 100;
    expect(bucket.take(0, 1_000)).toBe(1_000);
    rate = undefined;
    expect(bucket.take(1e12, 1_500)).toBe(0);
    expect(bucket.isFull(1_500)).toBe(true);
  });
});

test('what comes is bounded together and for each source', () => {
  const limit = new ReceiveLimit({ all: () => 1_000, each: () => 600 }, 0);
  expect(limit.take(300, 'a:1', 0)).toBeCloseTo(500);
  expect(limit.take(300, 'b:1', 0)).toBeCloseTo(600);
  expect(limit.take(0, 'c:1', 0)).toBeCloseTo(600);
  expect(new ReceiveLimit({ each: () => 100 }, 0).take(0, 'c:1', 0)).toBe(0);
});
