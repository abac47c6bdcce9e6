import { formatAddress, type PeerInfo, printable } from '@cardume/client';
import { formatDuration } from '../units/duration.ts';
import { grouped } from '../units/grouped.ts';
import { formatSize } from '../units/size.ts';
import { shortDigest } from './short-digest.ts';
import { type Column, renderTable, type TableLayout } from './table.ts';

const columns: Column[] = [
  { header: 'PEER' },
  { header: 'ADDRESS' },
  { header: 'SHARE', shrinks: true },
  { header: 'FILES', align: 'right' },
  { header: 'SIZE', align: 'right' },
  { header: 'SEEN', align: 'right' },
  { header: 'REACHABLE' },
];

// Only shown when there are any: few ever see one.
const reportColumn: Column = { header: 'REPORTS', align: 'right' };

/**
 * Shows peers as a table: the header first, then a line for each, safe to print. When some are reported to have served wrong
 * bytes, a last column says by how many.
 */
export function peerTable(peers: readonly PeerInfo[], layout: TableLayout): string[] {
  const hasReports = peers.some(({ reportCount }) => reportCount > 0);
  const rows = peers.map((peer) => [
    printable(shortDigest(peer.peerId)),
    printable(formatAddress(peer)),
    printable(peer.shareName),
    grouped(peer.fileCount),
    formatSize(peer.totalSizeBytes),
    `${formatDuration(peer.renewalAgeMs)} ago`,
    peer.reachable ? 'yes' : 'no',
    ...(hasReports ? [grouped(peer.reportCount)] : []),
  ]);
  return renderTable(hasReports ? [...columns, reportColumn] : columns, rows, layout);
}
