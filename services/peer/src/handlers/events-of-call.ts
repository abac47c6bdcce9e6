import { type EndedCall, identityOf } from '@cardume/service-kit';
import type { AuditDetail, AuditEvent, EventsOfCall } from '@cardume/service-kit/audit';

const ofPeer = '/cardume.transfer.v1.TransferService/';
const downloads = new Set([`${ofPeer}Download`, `${ofPeer}DownloadFiles`]);

/** What every call is of a user with whom the peer does not share: its answer only says that there is nothing. */
const kept: AuditEvent = { event: 'refused', isRefusal: true, detail: { cause: 'not_allowed_user' } };

/**
 * Makes what says which events a call of a peer is.
 *
 * @param isAllowed whether the peer shares with a user
 */
export function createEventsOfCall(isAllowed: (user: string | undefined) => boolean): EventsOfCall {
  return (call) => {
    const { user, role } = identityOf(call.caller);
    // The index only asks who answers.
    const isKept = call.path.startsWith(ofPeer) && role !== 'index' && !isAllowed(user);
    // Who was let in nowhere is refused for that.
    return isKept && call.status !== 'UNAUTHENTICATED' ? [kept] : eventsOfAllowed(call);
  };
}

/** One for each file of a download, also of one that was cut short. */
function eventsOfAllowed({ path, status, notes }: EndedCall): readonly AuditEvent[] {
  // What a download notes are the files that it sent.
  if (downloads.has(path)) return notes.map((note) => ({ event: 'downloaded', detail: note as AuditDetail }));
  // These note what the rules let in.
  if (path === `${ofPeer}Offer`) return notes.map((note) => ({ event: 'offered', detail: note as AuditDetail }));
  if (path === `${ofPeer}Upload`) return notes.map((note) => ({ event: 'uploaded', detail: note as AuditDetail }));
  if (path === `${ofPeer}ListFiles` && status === 'OK') return [{ event: 'files_listed' }];
  return [];
}
