import type { TransferServiceImplementation } from '@cardume/proto/transfer/v1';
import { rawStream } from '@cardume/service-kit';
import type { SeeingCaller, SeenShare } from '../core/share-rights.ts';
import { createDownload, type DownloadComponents } from './download.ts';
import { createDownloadFiles } from './download-files.ts';
import { createGetManifest, type GetManifestComponents } from './get-manifest.ts';
import { createListFiles, type ListFilesComponents } from './list-files.ts';
import { createOffer, type OfferComponents } from './offer.ts';
import { createGetUpload, createUpload, type UploadComponents } from './upload.ts';
import { createWatchPieces, type WatchPiecesComponents } from './watch-pieces.ts';

/** What the service works with; each handler's file says what it is for. */
export interface TransferComponents
  extends Omit<DownloadComponents, 'slots'>,
    Omit<GetManifestComponents, 'slots'>,
    Omit<WatchPiecesComponents, 'slots' | 'callerSlots'>,
    ListFilesComponents,
    UploadComponents,
    Pick<OfferComponents, 'offers'> {
  seenBy: (caller: SeeingCaller | undefined) => SeenShare;
  downloadSlots: DownloadComponents['slots'];
  watchSlots: WatchPiecesComponents['slots'];
  watchCallerSlots: WatchPiecesComponents['callerSlots'];
  manifestSlots: GetManifestComponents['slots'];
  offerSlots: OfferComponents['slots'];
  offerCallerSlots: OfferComponents['callerSlots'];
}

/** Makes the `TransferService` of a peer. */
export function createTransferService(components: TransferComponents): TransferServiceImplementation {
  const { watchSlots: slots, watchCallerSlots: callerSlots, offers, offerSlots, offerCallerSlots } = components;
  return {
    download: rawStream(createDownload({ ...components, slots: components.downloadSlots })),
    downloadFiles: rawStream(createDownloadFiles({ ...components, slots: components.downloadSlots })),
    getManifest: createGetManifest({ ...components, slots: components.manifestSlots }),
    watchPieces: rawStream(createWatchPieces({ ...components, slots, callerSlots })),
    listFiles: createListFiles(components),
    offer: rawStream(createOffer({ offers, slots: offerSlots, callerSlots: offerCallerSlots })),
    upload: createUpload(components),
    getUpload: createGetUpload(components),
  };
}
