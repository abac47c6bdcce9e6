import type { IndexStats } from '@cardume/client';
import { formatDuration } from '../units/duration.ts';
import { grouped } from '../units/grouped.ts';
import { formatSize } from '../units/size.ts';
import { type Column, renderTable, type TableLayout } from './table.ts';

const columns: Column[] = [
  { header: 'PEERS', align: 'right' },
  { header: 'FILES', align: 'right' },
  { header: 'SIZE', align: 'right' },
  { header: 'HOLDINGS', align: 'right' },
  { header: 'LEASE', align: 'right' },
  { header: 'UP', align: 'right' },
];

/**
 * Shows the totals of an index as a table of one row, below a header.
 *
 * @param nowMs milliseconds since 1970 on this machine's clock; where the index's is ahead of it, it just started
 */
export function statsLines(stats: IndexStats, nowMs: number, layout: TableLayout): string[] {
  const { startTime } = stats;
  const row = [
    grouped(stats.peerCount),
    grouped(stats.fileCount),
    formatSize(stats.totalSizeBytes),
    grouped(stats.holdingCount),
    formatDuration(stats.leaseTtlMs),
    startTime === undefined ? '?' : formatDuration(Math.max(0, nowMs - startTime.getTime())),
  ];
  return renderTable(columns, [row], layout);
}
