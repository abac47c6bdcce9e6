import { type PeerInfo, printable, type SharedFile } from '@cardume/client';
import type { ProgressState } from '../progress/progress-line.ts';
import type { SendOutcome } from '../send/send-outcome.ts';
import { shortDigest } from './short-digest.ts';

/** How far one receiver is, to be drawn or told. */
export function sendState(
  label: string,
  { verifiedBytes, totalBytes, waiting }: { verifiedBytes: number; totalBytes: number; waiting: boolean },
  bytesPerSecond: number | undefined,
): ProgressState {
  return { label, doneBytes: verifiedBytes, totalBytes, bytesPerSecond, notes: waiting ? ['gets nothing now'] : [] };
}

/** What goes to whom, safe to print. */
export function sendText(receiver: PeerInfo, file: SharedFile): string {
  return `${sentName(file)} to ${receiverName(receiver)}`;
}

/** What is said when something is there; safe to print. */
export function sentText(
  receiver: PeerInfo,
  file: SharedFile,
  { name, alreadyPresent }: Extract<SendOutcome, { kind: 'sent' }>,
): string {
  const how = alreadyPresent ? 'was there already, verified' : 'is there, verified';
  const asName = name === file.name.split('/').at(-1) ? '' : `, as ${printable(name)}`;
  return `${sendText(receiver, file)}: ${how}${asName}`;
}

/** How many ended how. */
export function countsOf(outcomes: readonly SendOutcome[]): { sent: number; refused: number; failed: number } {
  const count = (kind: SendOutcome['kind']): number => outcomes.filter((outcome) => outcome.kind === kind).length;
  return { sent: count('sent'), refused: count('refused'), failed: count('failed') };
}

function sentName({ name, folder }: SharedFile): string {
  return printable(folder === undefined ? name : `${name}/`);
}

/** What a receiver is called, safe to print. */
export function receiverName({ peerId, shareName }: PeerInfo): string {
  return shareName === '' ? printable(shortDigest(peerId)) : printable(shareName);
}
