import { openIndex } from '@cardume/client';
import { TransferServiceDefinition } from '@cardume/proto/transfer/v1';
import { createCallerSlots, createCallPipeline, createLogger, createSlots, serve } from '@cardume/service-kit';
import { callsInProcess } from '../../../../tests/support/fuzz/call-in-process.ts';
import { openSharedFile } from '../../src/adapters/open-shared-file.ts';
import { openState } from '../../src/adapters/open-state.ts';
import { admitUploads } from '../../src/admit-uploads.ts';
import { BufferPool } from '../../src/core/buffer-pool.ts';
import {
  maxDownloads,
  maxDownloadsPerCaller,
  maxManifestStreams,
  maxOpenOffers,
  maxOpenOffersPerCaller,
  maxPieceWatchers,
  maxPieceWatchersPerCaller,
} from '../../src/core/limits.ts';
import { PassedFiles } from '../../src/core/passed-files.ts';
import { noPeerMetrics } from '../../src/core/peer-metrics.ts';
import { PieceBoards } from '../../src/core/pieces/piece-boards.ts';
import { ShareList } from '../../src/core/share-list.ts';
import { createSeenShare } from '../../src/core/share-rights.ts';
import { folderNames } from '../../src/core/share-root.ts';
import { SharedFiles } from '../../src/core/shared-files.ts';
import { Uploads } from '../../src/core/uploads/uploads.ts';
import { createTransferService } from '../../src/handlers/transfer-service.ts';
import { unlimited } from '../../src/limit-uploads.ts';
import { openInbox } from '../../src/open-inbox.ts';
import { FolderSharer } from '../../src/share-folders.ts';
import { LooseFiles, type PartialInit } from '../../src/share-partial.ts';
import { createTestFollower } from '../support/test-follower.ts';
import { inboxRules } from './peer-callers.ts';

const nowMs = (): number => performance.now();

/**
 * Puts a peer together as `startPeer` does, with no server before it, and joined to nothing.
 *
 * @param folder the real path of what it shares
 * @param partials what it shares besides, in part
 * @param inboxFolder where what it receives lands
 */
export async function openPeerInProcess(folder: string, partials: readonly PartialInit[], inboxFolder: string) {
  const logger = createLogger({ service: 'peer', level: 'error' });
  const database = await openState(undefined);
  const { follower, list: found, cache } = createTestFollower(folder, database, () => {});
  const loose = new ShareList();
  const folders = new ShareList();
  const files = new SharedFiles(found, loose, folders);
  const after = (delayMs: number, task: () => void): (() => void) => {
    const timer = setTimeout(task, delayMs);
    return () => clearTimeout(timer);
  };
  const boards = new PieceBoards({ held: (digest) => files.held(digest), nowMs, after });
  const looseFiles = new LooseFiles({ list: loose, files, boards, onChanged: () => {} });
  const sharer = new FolderSharer({
    ...{
      files: found,
      folders,
      nameOf: folderNames([{ path: folder, realPath: folder, kind: 'folder' }]),
      isBusy: () => false,
      nowMs,
      logger,
    },
    ...{ onEvent: () => {}, onChanged: () => {} },
  });
  await follower.start();
  for (const name of found.names()) sharer.noteFile(name);
  sharer.noteScan(new Set(['', 'docs/']));
  await sharer.start();
  for (const partial of partials) await looseFiles.share(partial);

  const index = openIndex({ host: '127.0.0.1', port: 1 });
  const inbox = await openInbox({
    // Files are taken that are uploaded; what is offered is refused before anybody is dialled for it, where it is not there.
    options: {
      ...{ folder: inboxFolder, ...inboxRules, otherwise: 'ask', ask: async ({ name }) => name.endsWith('.up') },
      // What nobody gives would keep its part open.
      waitMs: 1,
    },
    ...{ index, tls: undefined, ownPeerId: 'f'.repeat(64), nowMs, logger },
    ownAddress: () => undefined,
    share: (partial) => looseFiles.share(partial),
    passed: new PassedFiles(),
    onEvent: () => {},
  });
  const slots = {
    downloadSlots: createSlots(maxDownloads, 'maxDownloads'),
    manifestSlots: createSlots(maxManifestStreams, 'maxManifestStreams'),
    watchSlots: createSlots(maxPieceWatchers, 'maxPieceWatchers'),
    offerSlots: createSlots(maxOpenOffers, 'maxOpenOffers'),
  };
  const service = createTransferService({
    ...{ boards, peerId: 'f'.repeat(64), ...slots, pace: unlimited, nowMs },
    seenBy: createSeenShare({ files, shareName: 'share' }, undefined),
    admission: admitUploads({ count: 16, turnMs: 1_000, nowMs }),
    callerSlots: createCallerSlots(maxDownloadsPerCaller, 'maxDownloadsPerCaller'),
    watchCallerSlots: createCallerSlots(maxPieceWatchersPerCaller, 'maxPieceWatchersPerCaller'),
    offerCallerSlots: createCallerSlots(maxOpenOffersPerCaller, 'maxOpenOffersPerCaller'),
    ...{ offers: inbox.offers, uploadedFiles: inbox.uploads },
    openFile: (entry) => entry.folder?.open() ?? openSharedFile(entry),
    pool: new BufferPool(),
    uploads: new Uploads(nowMs),
    metrics: noPeerMetrics,
    manifestOf: (entries) => {
      const made = entries.find(({ partial, folder: shared }) => partial ?? shared);
      return made?.partial?.manifest ?? made?.folder?.manifest ?? cache.manifest(entries);
    },
    onChanged: ({ name }) => {
      throw new Error(`${name} is taken for another file than it was, and nobody changed it`);
    },
    onServed: () => {},
  });
  const served = serve(TransferServiceDefinition, service);
  const calls = createCallPipeline({ services: [served], logger });
  return {
    call: callsInProcess(served, TransferServiceDefinition, calls),
    /** How many calls are open, how many bytes of requests they hold, and how many of them have a slot of which kind. */
    open: () => ({
      calls: calls.terminator.openCalls,
      held: calls.accounts.heldBytes,
      downloads: slots.downloadSlots.taken,
      manifests: slots.manifestSlots.taken,
      watchers: slots.watchSlots.taken,
      offers: slots.offerSlots.taken,
    }),
    async close(): Promise<void> {
      await inbox.close();
      index.close();
      await sharer.close();
      await follower.close();
      await looseFiles.close();
      database.close();
    },
  };
}
