import { createRateMeter } from '@cardume/client';
import { progressLine } from '../core/progress/progress-line.ts';
import type { Context } from './context.ts';

/** What is drawn at one moment; texts are safe to print. */
export interface ProgressReading {
  label: string;
  doneBytes: number;
  totalBytes: number;
  /** What the rate is measured by. Default: `doneBytes`. */
  meteredBytes?: number;
  notes?: readonly string[];
}

/** A progress bar in the terminal's status line. Nothing is drawn where nobody looks. */
export interface ProgressDisplay {
  draw(reading: ProgressReading): void;
  /** The rate of the last reading. */
  readonly bytesPerSecond: number | undefined;
}

/** Makes a display that measures the rate by itself. */
export function createProgressDisplay({ terminal, nowMs }: Pick<Context, 'terminal' | 'nowMs'>): ProgressDisplay {
  const meter = createRateMeter();
  let bytesPerSecond: number | undefined;
  return {
    draw({ label, doneBytes, totalBytes, meteredBytes = doneBytes, notes = [] }) {
      bytesPerSecond = meter.update(nowMs(), meteredBytes);
      terminal.drawStatus((columns) => {
        const state = { label, doneBytes, totalBytes, bytesPerSecond, notes };
        return progressLine(state, columns, terminal.widthOf);
      });
    },
    get bytesPerSecond() {
      return bytesPerSecond;
    },
  };
}
