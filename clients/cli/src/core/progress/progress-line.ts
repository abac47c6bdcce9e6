import type { TextWidth } from '../text/text-width.ts';
import { truncateMiddle } from '../text/truncate.ts';
import { formatDuration } from '../units/duration.ts';
import { formatSize } from '../units/size.ts';

/** What a progress line shows. */
export interface ProgressState {
  /** What it is about, safe to print. */
  label: string;
  doneBytes: number;
  totalBytes: number;
  /** Undefined while it is not known. */
  bytesPerSecond: number | undefined;
  /** More to say, safe to print, the most important first; what has no room is left out. */
  notes: readonly string[];
}

const separator = '  ';
const minBarWidth = 10;
const maxBarWidth = 30;
/** The narrowest terminal that is laid out for; below, the line is cut. */
const minColumns = 20;

/**
 * Draws a progress line: label, bar, percentage, sizes, rate, time left, notes.
 *
 * It is always narrower than the terminal, for a line that wraps cannot be drawn over.
 */
export function progressLine(state: ProgressState, columns: number, widthOf: TextWidth): string {
  const room = Math.max(columns, minColumns) - 1;
  const fraction = fractionOf(state);
  const label = truncateMiddle(state.label, Math.max(8, Math.floor(room / 3)), widthOf);
  const percentage = `${String(Math.floor(fraction * 100)).padStart(3)}%`;
  // The bar's width depends on the terminal's only: one that grew and shrank with the texts would be no measure.
  const barWidth = Math.min(maxBarWidth, Math.max(minBarWidth, Math.floor(room / 5)));
  const line = [label, drawBar(fraction, barWidth), percentage];
  let left = room - widthOf(line.join(separator));
  for (const part of [...measures(state), ...state.notes]) {
    left -= separator.length + widthOf(part);
    if (left < 0) break;
    line.push(part);
  }
  return truncateMiddle(line.join(separator), room, widthOf);
}

/** How much is done, from 0 to 1; all of nothing is 1. */
export function fractionOf({ doneBytes, totalBytes }: Pick<ProgressState, 'doneBytes' | 'totalBytes'>): number {
  return totalBytes <= 0 ? 1 : Math.min(1, Math.max(0, doneBytes / totalBytes));
}

/** Size, rate and time left, each only when there is something to say. */
export function measures(state: ProgressState): string[] {
  const { doneBytes, totalBytes, bytesPerSecond } = state;
  const parts = [`${formatSize(doneBytes)} of ${formatSize(totalBytes)}`];
  if (bytesPerSecond === undefined) return parts;
  parts.push(`${formatSize(bytesPerSecond)}/s`);
  const leftMs = ((totalBytes - doneBytes) * 1000) / bytesPerSecond;
  if (leftMs > 0 && Number.isFinite(leftMs)) parts.push(`${formatDuration(Math.ceil(leftMs / 1000) * 1000)} left`);
  return parts;
}

function drawBar(fraction: number, width: number): string {
  const filled = Math.floor(fraction * width);
  return '█'.repeat(filled) + '░'.repeat(width - filled);
}
