import { describe, expect, test } from '@jest/globals';
import stringWidth from 'string-width';
import { textWidth } from '../src/adapters/text-width.ts';
import { fractionOf, type ProgressState, progressLine } from '../src/core/progress/progress-line.ts';
import { createReportGate } from '../src/core/progress/report-gate.ts';

const state: ProgressState = {
  label: 'node',
  doneBytes: 54_000_000,
  totalBytes: 120_000_000,
  bytesPerSecond: 33_000_000,
  notes: ['from 127.0.0.1:40001', '12 MB from before'],
};

describe('a progress line', () => {
  test('shows label, bar, percentage, sizes, rate, time left and notes', () => {
    expect(progressLine(state, 120, textWidth)).toBe(
      'node  ██████████░░░░░░░░░░░░░   45%  54.0 MB of 120 MB  33.0 MB/s  2 s left  from 127.0.0.1:40001  12 MB from before',
    );
  });

  test('leaves out what has no room, the least important first', () => {
    expect(progressLine(state, 60, textWidth)).toBe('node  ████░░░░░░░   45%  54.0 MB of 120 MB  33.0 MB/s');
    expect(progressLine(state, 24, textWidth)).toBe('node  ████░░░░░░   45%');
  });

  test('is narrower than the terminal at every width, with names of any script', () => {
    for (const label of ['node', 'x'.repeat(300), '日本語'.repeat(40), '👩‍👩‍👧'.repeat(9)]) {
      for (let columns = 20; columns < 200; columns += 1) {
        expect(stringWidth(progressLine({ ...state, label }, columns, textWidth))).toBeLessThan(columns);
      }
    }
  });

  test('says nothing of a rate that is not known, and of a time that has no end', () => {
    expect(progressLine({ ...state, bytesPerSecond: undefined }, 120, textWidth)).not.toMatch(/\/s|left/);
    expect(progressLine({ ...state, bytesPerSecond: 0 }, 120, textWidth)).toMatch(/ 0 B\/s {2}from/);
  });

  test('of an empty file is complete, and never shows more than all', () => {
    expect(fractionOf({ doneBytes: 0, totalBytes: 0 })).toBe(1);
    expect(fractionOf({ doneBytes: 5, totalBytes: 4 })).toBe(1);
    expect(progressLine({ ...state, doneBytes: 119_999_999 }, 120, textWidth)).toContain(' 99% ');
  });
});

describe('a report gate', () => {
  test('lets through the first report, and one whenever its time has come', () => {
    const gate = createReportGate({ everyMs: 500 });
    expect([0, 100, 499, 500, 900, 1_000].map((ms) => gate.passes(ms, 0.5))).toEqual([
      true,
      false,
      false,
      true,
      false,
      true,
    ]);
  });

  test('lets through a report when enough is done since the last', () => {
    const gate = createReportGate({ everyMs: 10_000, everyFraction: 0.25 });
    expect([0, 0.2, 0.25, 0.4, 0.5, 0.99, 1].map((fraction) => gate.passes(1, fraction))).toEqual([
      true,
      false,
      true,
      false,
      true,
      true,
      false,
    ]);
  });
});
