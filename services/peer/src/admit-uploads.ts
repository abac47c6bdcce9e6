import { CardumeError } from '@cardume/client';
import { SmallLanes } from './core/fair/small-lanes.ts';
import type { AdmittedUpload, UploadAdmission } from './core/fair/upload-admission.ts';
import { type Refusal, UploadSlots, type UploadSlotsInit } from './core/fair/upload-slots.ts';
import { smallLaneMs } from './core/limits.ts';

export interface AdmitUploadsInit extends UploadSlotsInit {
  /** A clock in milliseconds that is never set back. */
  nowMs: () => number;
}

/** Lets so many transfers in at once, and as many small requests besides; the others wait for their turn. */
export function admitUploads({ nowMs, ...init }: AdmitUploadsInit): UploadAdmission {
  const slots = new UploadSlots(init);
  const lanes = new SmallLanes(init.count);
  const refused = (refusal: Refusal): CardumeError => limitReached(init.count, refusal);
  return {
    async enter(transfer, isSmall, signal): Promise<AdmittedUpload> {
      signal.throwIfAborted();
      if (isSmall) return enterLane(lanes, transfer.caller, signal);
      const entry = slots.enter(transfer, nowMs());
      if (!('turn' in entry)) throw refused(entry);
      const { turn } = entry;
      return {
        sent(bytes) {
          turn.bytes += bytes;
        },
        checkTurn(isPieceEnd) {
          const fate = slots.fateOf(turn, nowMs());
          if (fate === 'end' || (fate === 'end-soon' && isPieceEnd)) throw refused(slots.placeAfter(turn, nowMs()));
        },
        end: (fileBytes) => slots.left(turn, fileBytes, nowMs()),
      };
    },
    state: () => ({ count: init.count, ...slots.state(nowMs()) }),
  };
}

async function enterLane(lanes: SmallLanes, caller: string, signal: AbortSignal): Promise<AdmittedUpload> {
  const { promise: begun, resolve, reject } = Promise.withResolvers<void>();
  const leave = lanes.enter(caller, resolve);
  const abort = (): void => reject(signal.reason);
  signal.addEventListener('abort', abort);
  try {
    await begun;
  } catch (error) {
    leave();
    throw error;
  } finally {
    signal.removeEventListener('abort', abort);
  }
  // One that is read slowly goes on, but others wait for it no longer.
  const timer = setTimeout(leave, smallLaneMs).unref();
  return {
    sent: () => {},
    checkTurn: () => {},
    end() {
      clearTimeout(timer);
      leave();
    },
  };
}

function limitReached(count: number, { place, retryDelayMs }: Refusal): CardumeError {
  const where =
    place === undefined
      ? 'and too many others wait for it (maxQueuedTransfers)'
      : `and place ${place} of those who wait is yours`;
  const limit = place === undefined ? 'maxQueuedTransfers' : 'uploadSlots';
  return new CardumeError(
    'LIMIT_REACHED',
    `this peer sends to ${count} at once, ${where}; come back in ${(retryDelayMs / 1_000).toFixed(1)} s`,
    {
      metadata: { limit, ...(place === undefined ? {} : { queue_position: String(place) }) },
      retryDelayMs,
    },
  );
}
