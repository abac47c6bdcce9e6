import { setImmediate } from 'node:timers/promises';

/** How many rows are looked at in one step: a few milliseconds of work. */
export const sliceSize = 2_000;

/** What one step of a lookup looked at. */
export interface KeySlice {
  /** The keys of the rows that it leads to. */
  keys: number[];
  /** How many rows were looked at. */
  examinedCount: number;
}

/**
 * Lets other work have its turn before the next step.
 *
 * @throws an AbortError when the caller has gone
 */
export async function nextStep(signal: AbortSignal): Promise<void> {
  await setImmediate();
  signal.throwIfAborted();
}

/** A row that was looked at: its key, and 1 when it satisfies the conditions. */
export type CheckedRow = [key: number, accepted: number];

/** The slice of the rows of one step. */
export function sliceOf(rows: readonly CheckedRow[]): KeySlice {
  return {
    keys: rows.filter(([, accepted]) => accepted === 1).map(([key]) => key),
    examinedCount: rows.length,
  };
}
