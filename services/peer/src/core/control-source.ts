import type { ProcessLoad, ProcessStatus, Transfer } from '@cardume/client';

/** What a process has to tell of itself. */
export interface ControlSource {
  status(): ProcessStatus;
  /** What is under way: downloads, then uploads, each in the order in which they began. */
  transfers(): readonly Transfer[];
}

/** Measures what the process has to do, for a moment. */
export type MeasureLoad = () => Promise<ProcessLoad>;

/** The place of a transfer in the list, from its id: by direction, then by number. -1 of another kind of id. */
export function placeOf(id: string): number {
  const match = /^\d{1,10}-([du])(\d{1,15})$/.exec(id);
  if (match === null) return -1;
  return Number(match[2]) + (match[1] === 'u' ? Number.MAX_SAFE_INTEGER / 2 : 0);
}
