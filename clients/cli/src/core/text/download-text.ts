import {
  type Address,
  type DownloadProgress,
  type DownloadResult,
  formatAddress,
  printable,
  type SourceProgress,
} from '@cardume/client';
import { formatDuration } from '../units/duration.ts';
import { plural } from '../units/plural.ts';
import { formatSize } from '../units/size.ts';

/** What a download's progress line says besides its figures, the most important first; safe to print. */
export function progressNotes(progress: DownloadProgress): string[] {
  const { phase, holder, sources, resumedBytes, copiedBytes, folder } = progress;
  if (phase === 'checking') return ['checking what is there'];
  if (phase === 'copying') return ['copying what is on this machine'];
  if (phase === 'finishing') return ['finishing'];
  const places = placesText(sources);
  if (phase === 'waiting') return places.length > 0 ? places : ['no holder answers now, waiting for one'];
  if (places.length > 0 && !sources.some(({ bytesPerSecond = 0 }) => bytesPerSecond > 0)) return places;
  const from = holder === undefined ? 'looking for a holder' : sourcesText(holder, sources);
  const files = folder === undefined ? [] : [`${folder.doneCount} of ${plural(folder.fileCount, 'file')}`];
  const before = resumedBytes === 0 ? [] : [`${formatSize(resumedBytes)} from before`];
  const copied = copiedBytes === 0 ? [] : [`${formatSize(copiedBytes)} from this machine`];
  return [...files, from, ...places, ...before, ...copied];
}

/** Where it is waited for a turn: the one, or the nearest. */
function placesText(sources: readonly SourceProgress[]): string[] {
  const placeOf = ({ queuePosition = 0 }: SourceProgress): number => queuePosition;
  const [next, ...others] = sources
    .filter(({ queuePosition }) => queuePosition !== undefined)
    .toSorted((a, b) => placeOf(a) - placeOf(b));
  if (next === undefined) return [];
  const more = others.length === 0 ? '' : `, and at ${others.length} more`;
  return [`waiting at ${printable(formatAddress(next.address))}, place ${placeOf(next)}${more}`];
}

/** Who brings bytes now: the one, or how many and the fastest. */
function sourcesText(holder: Address, sources: readonly SourceProgress[]): string {
  const fastest = printable(formatAddress(holder));
  const bringing = sources.filter(({ state, bytesPerSecond = 0 }) => state === 'asked' && bytesPerSecond > 0);
  if (bringing.length < 2) return `from ${fastest}`;
  const rate = Math.max(...bringing.map(({ bytesPerSecond = 0 }) => bytesPerSecond));
  return `from ${bringing.length} peers, the fastest ${fastest} with ${formatSize(rate)}/s`;
}

/** What is said when a file or folder is there, whole; safe to print. */
export function doneText(result: Omit<DownloadResult, 'path'>): string {
  const { folder } = result;
  const name = printable(folder === undefined ? result.name : `${result.name}/`);
  const files = folder === undefined ? '' : `${plural(folder.fileCount, 'file')}, `;
  const size = `${files}${formatSize(result.sizeBytes)}`;
  if (result.alreadyPresent) return `${name}: ${size}, was there already, verified`;
  const { durationMs, receivedBytes } = result;
  const hasCome = durationMs > 0 && (receivedBytes > 0 || result.copiedBytes === 0);
  const rate = hasCome ? `, ${formatSize((receivedBytes * 1000) / durationMs)}/s` : '';
  return `${name}: ${size}${notFetchedText(result)} in ${formatDuration(durationMs)}${rate}, verified${fromText(result)}`;
}

/** How much of it was not fetched, and where it came from. */
function notFetchedText({ sizeBytes, resumedBytes, copiedBytes }: Omit<DownloadResult, 'path'>): string {
  if (copiedBytes > 0 && copiedBytes === sizeBytes) return ' (copied from this machine)';
  const before = resumedBytes === 0 ? [] : [`${formatSize(resumedBytes)} of it from before`];
  const copied = copiedBytes === 0 ? [] : [`${formatSize(copiedBytes)} of it copied from this machine`];
  const parts = [...before, ...copied];
  return parts.length === 0 ? '' : ` (${parts.join(', ')})`;
}

/** What is said when a download was interrupted; safe to print. */
export function keptText({ phase, name, verifiedBytes, sizeBytes }: DownloadProgress): string {
  // While it is checked what is there, the figures do not say yet how much of it is good.
  if (phase === 'checking') return 'Interrupted: nothing was changed.';
  const kept = `${formatSize(verifiedBytes)} of ${formatSize(sizeBytes)}`;
  return `Interrupted: ${kept} of ${printable(name)} are verified and kept; the same command goes on from there.`;
}

/** What is said when a stream was cut short by who runs it. */
export function cutText(name: string, writtenBytes: number): string {
  const written = formatSize(writtenBytes);
  return `Interrupted: ${written} of ${printable(name)} were written, and nothing is kept; the same command begins anew.`;
}

/** How far a download of several files is. */
export interface SeveralFiles {
  /** How many are there, and how many failed. */
  files: number;
  failed: number;
  /** How many bytes those that are there have. */
  bytes: number;
  startMs: number;
}

/** What is drawn while several files come. */
export function severalText({ files, failed, bytes, startMs }: SeveralFiles, total: number, nowMs: number): string {
  const rate = nowMs > startMs ? `  ${formatSize((bytes * 1000) / (nowMs - startMs))}/s` : '';
  const failures = failed === 0 ? '' : `  ${failed} failed`;
  return `${files} of ${plural(total, 'file')}  ${formatSize(bytes)}${rate}${failures}`;
}

/** What is said when several files are done. */
export function severalDoneText({ files, failed, bytes, startMs }: SeveralFiles, nowMs: number): string {
  const durationMs = nowMs - startMs;
  const rate = durationMs > 0 ? `, ${formatSize((bytes * 1000) / durationMs)}/s` : '';
  const failures = failed === 0 ? '' : `; ${failed} failed`;
  return `${plural(files, 'file')}: ${formatSize(bytes)} in ${formatDuration(durationMs)}${rate}, verified${failures}`;
}

function fromText({ sources }: Pick<DownloadResult, 'sources'>): string {
  const gave = sources.filter(({ verifiedBytes }) => verifiedBytes > 0);
  const addresses = gave.map(({ address }) => printable(formatAddress(address)));
  const more = addresses.length > 3 ? ` and ${addresses.length - 3} more` : '';
  return addresses.length === 0 ? '' : `, from ${addresses.slice(0, 3).join(', ')}${more}`;
}
