import { formatAddress, type Hit, printable } from '@cardume/client';
import { plural } from '../units/plural.ts';
import { formatSize } from '../units/size.ts';
import { dayOf } from './day.ts';
import { shortDigest } from './short-digest.ts';
import { type Column, renderTable, type TableLayout } from './table.ts';

const columns: Column[] = [
  { header: 'NAME', shrinks: true },
  { header: 'SIZE', align: 'right' },
  { header: 'MODIFIED' },
  { header: 'DIGEST' },
  { header: 'HOLDERS', align: 'right' },
  { header: 'WHERE' },
];

/** Shows hits as a table: the header first, then a line for each, safe to print. */
export function hitTable(hits: readonly Hit[], layout: TableLayout): string[] {
  const rows = hits.map((hit) => [
    nameOf(hit),
    formatSize(hit.folder?.totalSizeBytes ?? hit.sizeBytes),
    dayOf(hit.modifyTime),
    shortDigest(hit.digest),
    String(hit.holderCount),
    whereOf(hit),
  ]);
  return renderTable(columns, rows, layout);
}

/** A folder with a slash, and how many files it has. */
function nameOf({ name, folder }: Hit): string {
  if (folder === undefined) return printable(name);
  return `${printable(name)}/ (${plural(folder.fileCount, 'file')})`;
}

/** The best holder's address, and how many more there are. */
function whereOf({ holders, holderCount }: Hit): string {
  const [best] = holders;
  if (best === undefined) return '-';
  const more = Math.max(holderCount, holders.length) - 1;
  return `${printable(formatAddress(best))}${best.partial ? ' (partly)' : ''}${more > 0 ? ` +${more}` : ''}`;
}
