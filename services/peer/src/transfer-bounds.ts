import { createCallerSlots, createSlots, maxCallsPerCaller } from '@cardume/service-kit';
import { nowMs } from './adapters/system-clock.ts';
import { admitUploads } from './admit-uploads.ts';
import { admitAll } from './core/fair/upload-admission.ts';
import {
  maxManifestStreams,
  maxOpenOffers,
  maxOpenOffersPerCaller,
  maxPieceWatchers,
  maxPieceWatchersPerCaller,
} from './core/limits.ts';
import type { TransferComponents } from './handlers/transfer-service.ts';
import type { PeerSettings } from './peer-options.ts';
import type { PeerState } from './register-metrics.ts';
import { downloadBounds, paceOf } from './upload-bounds.ts';

/** What bounds how much of a peer's TransferService is used at once, and how fast bytes leave. */
export interface TransferBounds {
  /** Slots of each kind, who gets those, and the pace. */
  readonly components: Pick<
    TransferComponents,
    | 'downloadSlots'
    | 'callerSlots'
    | 'manifestSlots'
    | 'watchSlots'
    | 'watchCallerSlots'
    | 'offerSlots'
    | 'offerCallerSlots'
    | 'admission'
    | 'pace'
  >;
  /** How many calls one caller may have open: as many as it has slots for, if that is more than usual. */
  readonly callsPerCaller: number;
  /** What is taken of it now. */
  state(): Pick<PeerState, 'slots' | 'waiting'>;
}

/** Makes what bounds the TransferService of a peer. */
export function createTransferBounds(settings: PeerSettings): TransferBounds {
  const { uploadSlots, uploadTurnMs } = settings;
  const { maxDownloads, maxDownloadsPerCaller } = downloadBounds(settings);
  const downloadSlots = createSlots(maxDownloads, 'maxDownloads');
  const manifestSlots = createSlots(maxManifestStreams, 'maxManifestStreams');
  const watchSlots = createSlots(maxPieceWatchers, 'maxPieceWatchers');
  const admission =
    uploadSlots === undefined ? admitAll : admitUploads({ count: uploadSlots, turnMs: uploadTurnMs, nowMs });
  return {
    components: {
      downloadSlots,
      callerSlots: createCallerSlots(maxDownloadsPerCaller, 'maxDownloadsPerCaller'),
      manifestSlots,
      watchSlots,
      watchCallerSlots: createCallerSlots(maxPieceWatchersPerCaller, 'maxPieceWatchersPerCaller'),
      offerSlots: createSlots(maxOpenOffers, 'maxOpenOffers'),
      offerCallerSlots: createCallerSlots(maxOpenOffersPerCaller, 'maxOpenOffersPerCaller'),
      admission,
      pace: paceOf(settings, nowMs),
    },
    callsPerCaller: Math.max(maxCallsPerCaller, maxDownloadsPerCaller + maxPieceWatchersPerCaller),
    state() {
      const upload = admission.state();
      const slots = { download: downloadSlots, manifest: manifestSlots, watch: watchSlots, upload };
      return { slots, waiting: upload.waiting };
    },
  };
}
