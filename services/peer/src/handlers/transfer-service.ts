import type { TransferServiceImplementation } from '@cardume/proto/transfer/v1';
import { rawStream } from '@cardume/service-kit';
import { createDownload, type DownloadComponents } from './download.ts';
import { createDownloadFiles } from './download-files.ts';
import { createGetManifest, type GetManifestComponents } from './get-manifest.ts';
import { createListFiles, type ListFilesComponents } from './list-files.ts';

/** What the service works with; each handler's file says what it is for. */
export interface TransferComponents
  extends Omit<DownloadComponents, 'slots'>,
    Omit<GetManifestComponents, 'slots'>,
    ListFilesComponents {
  downloadSlots: DownloadComponents['slots'];
  manifestSlots: GetManifestComponents['slots'];
}

/** Makes the `TransferService` of a peer. */
export function createTransferService(components: TransferComponents): TransferServiceImplementation {
  return {
    download: rawStream(createDownload({ ...components, slots: components.downloadSlots })),
    downloadFiles: rawStream(createDownloadFiles({ ...components, slots: components.downloadSlots })),
    getManifest: createGetManifest({ ...components, slots: components.manifestSlots }),
    listFiles: createListFiles(components),
  };
}
