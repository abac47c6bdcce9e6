import type { TransferServiceImplementation } from '@cardume/proto/transfer/v1';
import { rawStream } from '@cardume/service-kit';
import type { SeenShare } from '../core/share-rights.ts';
import { createDownload, type DownloadComponents } from './download.ts';
import { createDownloadFiles } from './download-files.ts';
import { createGetManifest, type GetManifestComponents } from './get-manifest.ts';
import { createListFiles, type ListFilesComponents } from './list-files.ts';
import { createWatchPieces, type WatchPiecesComponents } from './watch-pieces.ts';

/** What the service works with; each handler's file says what it is for. */
export interface TransferComponents
  extends Omit<DownloadComponents, 'slots'>,
    Omit<GetManifestComponents, 'slots'>,
    Omit<WatchPiecesComponents, 'slots' | 'callerSlots'>,
    ListFilesComponents {
  seenBy: (user: string | undefined) => SeenShare;
  downloadSlots: DownloadComponents['slots'];
  watchSlots: WatchPiecesComponents['slots'];
  watchCallerSlots: WatchPiecesComponents['callerSlots'];
  manifestSlots: GetManifestComponents['slots'];
}

/** Makes the `TransferService` of a peer. */
export function createTransferService(components: TransferComponents): TransferServiceImplementation {
  const { watchSlots: slots, watchCallerSlots: callerSlots } = components;
  return {
    download: rawStream(createDownload({ ...components, slots: components.downloadSlots })),
    downloadFiles: rawStream(createDownloadFiles({ ...components, slots: components.downloadSlots })),
    getManifest: createGetManifest({ ...components, slots: components.manifestSlots }),
    watchPieces: rawStream(createWatchPieces({ ...components, slots, callerSlots })),
    listFiles: createListFiles(components),
  };
}
