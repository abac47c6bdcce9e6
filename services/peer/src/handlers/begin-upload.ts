import { transferIdKey } from '@cardume/client';
import {
  callerHost,
  callerPlace,
  peerOf,
  type RawStreamContext,
  type SharedSlots,
  takeSlot,
} from '@cardume/service-kit';
import { isSmallRequest } from '../core/fair/small-request.ts';
import { checkTransferId, type Transfer } from '../core/fair/transfer.ts';
import type { AdmittedUpload, UploadAdmission } from '../core/fair/upload-admission.ts';
import type { PacedStream } from '../core/pace.ts';

/** A stream of bytes to a caller. */
export interface Upload extends AdmittedUpload, PacedStream {}

/** What decides whether an upload begins. */
export interface UploadComponents extends SharedSlots {
  admission: UploadAdmission;
}

/**
 * Lets a caller have bytes, when there is room for another stream, and it is the turn of its transfer.
 *
 * @param restBytes see `isSmallRequest`
 * @throws CardumeError LIMIT_REACHED when it has to come back; INVALID_FIELD for an id of a transfer that is none; the signal's
 *   reason
 */
export async function beginUpload(
  components: UploadComponents,
  call: RawStreamContext,
  restBytes: number,
): Promise<Upload> {
  const transfer = transferOf(call);
  const giveBack = takeSlot(components, call.callerAddress, peerOf(call.caller)?.peerId);
  const isSmall = isSmallRequest(restBytes);
  let admitted: AdmittedUpload;
  try {
    admitted = await components.admission.enter(transfer, isSmall, call.signal);
  } catch (error) {
    giveBack();
    throw error;
  }
  const end = (fileBytes: number): void => {
    admitted.end(fileBytes);
    giveBack();
  };
  return { caller: transfer.caller, isSmall, sent: admitted.sent, checkTurn: admitted.checkTurn, end };
}

/** Without a certificate a caller is where it calls from, whatever it calls its transfers. */
function transferOf({ caller, callerAddress, call }: RawStreamContext): Transfer {
  const peer = peerOf(caller);
  const id = call.metadata.get(transferIdKey);
  return {
    caller: peer === undefined ? callerPlace(callerHost(callerAddress)) : `peer ${peer.peerId}`,
    id: checkTransferId(typeof id === 'string' ? id : ''),
  };
}
