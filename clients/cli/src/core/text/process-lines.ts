import { type ProcessStatus, printable, type Transfer } from '@cardume/client';
import { formatDuration } from '../units/duration.ts';
import { plural } from '../units/plural.ts';
import { formatSize } from '../units/size.ts';
import { rateText, roundTripText } from '../why/rate-text.ts';
import { type Column, renderTable, type TableLayout } from './table.ts';

/** What a process is and shares, in a line; safe to print. */
export function processLine(status: ProcessStatus, nowMs: number): string {
  const { kind, pid, index, share } = status;
  const age = `for ${formatDuration(Math.max(0, nowMs - status.startTime.getTime()))}`;
  const at = index === '' ? '' : `, index ${printable(index)}`;
  if (share === undefined) return `${kind} ${pid}: ${age}${at}`;
  const { name, address, fileCount, totalSizeBytes, isJoined, openDownloads, maxDownloads, callerCount } = share;
  const files = `${plural(fileCount, 'file')}, ${formatSize(totalSizeBytes)}`;
  const what = name === '' ? files : `${printable(name)}, ${files}`;
  const limit =
    share.maxUploadBytesPerSecond === undefined ? '' : `, at most ${rateText(share.maxUploadBytesPerSecond)} up`;
  const joined = isJoined ? 'joined' : 'not at the index';
  const callers =
    callerCount === 0 ? '' : `, ${plural(callerCount, 'caller')} with ${openDownloads} of ${maxDownloads} slots`;
  const verb = kind === 'get' ? 'sharing on ' : '';
  return `${kind} ${pid}: ${age}, ${verb}${what}, at ${printable(address)}, ${joined}${at}${limit}${callers}`;
}

const transferColumns: Column[] = [
  { header: 'ID' },
  { header: 'NAME', shrinks: true },
  { header: 'DONE', align: 'right' },
  { header: 'RATE', align: 'right' },
  { header: 'WITH', shrinks: true },
  { header: 'STATE' },
];

/** Transfers as a table: the header first, then a line for each, safe to print. */
export function transferTable(transfers: readonly Transfer[], layout: TableLayout): string[] {
  const rows = transfers.map((transfer) => [
    printable(transfer.id),
    nameText(transfer),
    doneText(transfer),
    rateText(transfer.bytesPerSecond),
    withText(transfer),
    stateText(transfer),
  ]);
  return renderTable(transferColumns, rows, layout);
}

const sourceColumns: Column[] = [
  { header: 'SOURCE', shrinks: true },
  { header: 'PATH' },
  { header: 'RATE', align: 'right' },
  { header: 'ROUND TRIP', align: 'right' },
  { header: 'VERIFIED', align: 'right' },
  { header: 'STALLS', align: 'right' },
  { header: 'WRONG', align: 'right' },
  { header: 'STATE' },
];

/** The sources of a download as a table, likewise. */
export function sourceTable({ sources }: Transfer, layout: TableLayout): string[] {
  const rows = sources.map((source) => [
    printable(source.address),
    source.path,
    rateText(source.bytesPerSecond),
    roundTripText(source.roundTripMs),
    formatSize(source.verifiedBytes),
    String(source.stallCount),
    String(source.wrongCount),
    source.isStalled ? 'stalled' : source.state,
  ]);
  return renderTable(sourceColumns, rows, layout);
}

/** What a transfer is called. */
export function nameText({ name }: Transfer): string {
  return name === '' ? 'many small files' : printable(name);
}

/** How far it is. */
export function doneText({ direction, doneBytes, sizeBytes, folder }: Transfer): string {
  if (direction === 'upload') return formatSize(doneBytes);
  const percent = sizeBytes === 0 ? 0 : Math.floor((doneBytes / sizeBytes) * 100);
  const files = folder === undefined ? '' : `, ${folder.doneCount} of ${plural(folder.fileCount, 'file')}`;
  return `${percent}% of ${formatSize(sizeBytes)}${files}`;
}

/** Where its bytes come from, or go to. */
function withText({ sources, caller }: Transfer): string {
  if (caller !== undefined) {
    return caller.user === undefined
      ? printable(caller.address)
      : `${printable(caller.user)} at ${printable(caller.address)}`;
  }
  const asked = sources.filter(({ state }) => state === 'asked');
  const [first] = asked;
  if (first === undefined) return 'nobody';
  return asked.length === 1 ? printable(first.address) : `${asked.length} of ${plural(sources.length, 'source')}`;
}

function stateText({ direction, phase }: Transfer): string {
  if (phase !== 'transferring') return phase;
  return direction === 'download' ? 'downloading' : 'uploading';
}
