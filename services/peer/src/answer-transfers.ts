import { printable } from '@cardume/client';
import type { TransferServiceImplementation } from '@cardume/proto/transfer/v1';
import type { Logger } from '@cardume/service-kit';
import type { DigestCache } from './adapters/digest-cache.ts';
import { openSharedFile } from './adapters/open-shared-file.ts';
import { nowMs } from './adapters/system-clock.ts';
import { BufferPool } from './core/buffer-pool.ts';
import { manifestOfOnePiece } from './core/manifest-parts.ts';
import { createSeenShare } from './core/share-rights.ts';
import type { Uploads } from './core/uploads/uploads.ts';
import { createTransferService } from './handlers/transfer-service.ts';
import type { OpenInbox } from './open-inbox.ts';
import type { OpenRecords } from './open-records.ts';
import type { OpenShare } from './open-share.ts';
import type { PeerSettings } from './peer-options.ts';
import type { TransferBounds } from './transfer-bounds.ts';

/** What a peer answers others with. */
export interface AnswerTransfersInit {
  settings: PeerSettings;
  peerId: string;
  shareName: string;
  share: OpenShare;
  /** Has the manifests of what was hashed. */
  cache: DigestCache;
  bounds: TransferBounds;
  /** Told of what is sent. */
  uploads: Uploads;
  records: OpenRecords;
  /** Undefined: it takes nothing from others. */
  inbox: OpenInbox | undefined;
  logger: Logger;
}

/** Makes the TransferService of a peer from its parts. */
export function answerTransfers(init: AnswerTransfersInit): TransferServiceImplementation {
  const { peerId, shareName, share, cache, bounds, uploads, records, inbox, logger } = init;
  const { allowedUsers, onEvent } = init.settings;
  const { files, boards } = share;
  const { metrics, isAudited } = records;
  return createTransferService({
    ...bounds.components,
    boards,
    seenBy: createSeenShare({ files, shareName }, allowedUsers),
    peerId,
    offers: inbox?.offers,
    uploadedFiles: inbox?.uploads,
    openFile: (entry) => entry.folder?.open() ?? openSharedFile(entry),
    pool: new BufferPool(),
    nowMs,
    uploads,
    metrics,
    manifestOf: (entries) => {
      const made = entries.find(({ partial, folder }) => partial ?? folder);
      const known = made?.partial?.manifest ?? made?.folder?.manifest ?? cache.manifest(entries);
      // What is passed on was verified, and not hashed by this peer.
      return known ?? (entries[0] && manifestOfOnePiece(entries[0]));
    },
    onChanged: (entry) => {
      metrics.fileChanged();
      share.noteChanged(entry);
    },
    onServed: (entry, { offset, bytes }, call) => {
      const { name, digest, sizeBytes } = entry;
      const { callerAddress } = call;
      if (isAudited) call.note({ name, digest, sizeBytes, offset, bytes });
      logger.debug({ name, bytes, callerAddress }, 'served');
      onEvent({ type: 'served', name: printable(name), bytes, callerAddress });
    },
  });
}
