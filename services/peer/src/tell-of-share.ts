import { type Address, formatAddress, type ShareStatus, type Transfer } from '@cardume/client';
import type { Slots } from '@cardume/service-kit';
import type { SharedFiles } from './core/shared-files.ts';
import { uploadTransfer } from './core/uploads/upload-transfer.ts';
import type { Uploads } from './core/uploads/uploads.ts';

/** What a peer knows of itself. */
export interface TellOfShareInit {
  peerId: string;
  shareName: string;
  address: Address;
  files: SharedFiles;
  isJoined: () => boolean;
  downloadSlots: Slots;
  /** The upload limit as it is now; undefined: there is none. */
  uploadRateNow: () => number | undefined;
  uploads: Uploads;
}

/** What a peer tells whoever asks its process. */
export interface ShareTeller {
  status(): ShareStatus;
  transfers(): Transfer[];
}

/** Tells of a peer that serves. */
export function tellOfShare(init: TellOfShareInit): ShareTeller {
  const { files, downloadSlots, uploads, uploadRateNow } = init;
  const told = () => ({
    pid: process.pid,
    maxUploadBytesPerSecond: uploadRateNow(),
    clockStartMs: performance.timeOrigin,
  });
  return {
    status: () => ({
      peerId: init.peerId,
      name: init.shareName,
      address: formatAddress(init.address),
      fileCount: files.size,
      folderCount: files.folderCount,
      totalSizeBytes: files.totalSizeBytes,
      isJoined: init.isJoined(),
      openDownloads: downloadSlots.taken,
      maxDownloads: downloadSlots.count,
      maxUploadBytesPerSecond: uploadRateNow(),
      callerCount: new Set(uploads.list().map(({ caller: { peerId, host } }) => peerId ?? host)).size,
    }),
    transfers: () => uploads.list().map((figures) => uploadTransfer(figures, told())),
  };
}
