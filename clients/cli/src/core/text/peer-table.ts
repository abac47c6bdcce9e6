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

const tagsColumn: Column = { header: 'TAGS', shrinks: true };
const takesColumn: Column = { header: 'TAKES' };

/**
 * Shows peers as a table: the header first, then a line for each, safe to print. When some are reported to have served wrong
 * bytes, a last column says by how many; and so it is with tags, and with whether they take what others send.
 */
export function peerTable(peers: readonly PeerInfo[], layout: TableLayout): string[] {
  const hasReports = peers.some(({ reportCount }) => reportCount > 0);
  const hasTags = peers.some(({ tags }) => tags.length > 0);
  const hasTakers = peers.some(({ takesOffers }) => takesOffers);
  const rows = peers.map((peer) => [
    printable(shortDigest(peer.peerId)),
    printable(formatAddress(peer)),
    printable(peer.shareName),
    grouped(peer.fileCount),
    formatSize(peer.totalSizeBytes),
    `${formatDuration(peer.renewalAgeMs)} ago`,
    peer.reachable ? 'yes' : 'no',
    ...(hasTakers ? [peer.takesOffers ? 'yes' : 'no'] : []),
    ...(hasTags ? [printable(peer.tags.join(','))] : []),
    ...(hasReports ? [grouped(peer.reportCount)] : []),
  ]);
  const shown = [
    ...columns,
    ...(hasTakers ? [takesColumn] : []),
    ...(hasTags ? [tagsColumn] : []),
    ...(hasReports ? [reportColumn] : []),
  ];
  return renderTable(shown, rows, layout);
}
