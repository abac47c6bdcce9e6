import type { EndedCall } from '@cardume/service-kit';
import type { AuditDetail, AuditEvent } from '@cardume/service-kit/audit';

const ofPeer = '/cardume.transfer.v1.TransferService/';
const downloads = new Set([`${ofPeer}Download`, `${ofPeer}DownloadFiles`]);

/** The events that a call of a peer is: one for each file of a download, also of one that was cut short. */
export function eventsOfCall({ path, status, notes }: EndedCall): readonly AuditEvent[] {
  // What a download notes are the files that it sent.
  if (downloads.has(path)) return notes.map((note) => ({ event: 'downloaded', detail: note as AuditDetail }));
  if (path === `${ofPeer}ListFiles` && status === 'OK') return [{ event: 'files_listed' }];
  return [];
}
