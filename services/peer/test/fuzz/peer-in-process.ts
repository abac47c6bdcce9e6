import { openIndex } from '@cardume/client';
import { TransferServiceDefinition } from '@cardume/proto/transfer/v1';
import { createCallPipeline, createLogger, serve } from '@cardume/service-kit';
import { callsInProcess } from '../../../../tests/support/fuzz/call-in-process.ts';
import { openState } from '../../src/adapters/open-state.ts';
import { nowMs } from '../../src/adapters/system-clock.ts';
import { answerTransfers } from '../../src/answer-transfers.ts';
import { folderNames } from '../../src/core/share-root.ts';
import { Uploads } from '../../src/core/uploads/uploads.ts';
import { openInbox } from '../../src/open-inbox.ts';
import { openRecords } from '../../src/open-records.ts';
import { openShare } from '../../src/open-share.ts';
import { withDefaults } from '../../src/peer-options.ts';
import { FolderSharer } from '../../src/share-folders.ts';
import type { PartialInit } from '../../src/share-partial.ts';
import { createTransferBounds } from '../../src/transfer-bounds.ts';
import { createTestFollower } from '../support/test-follower.ts';
import { inboxRules } from './peer-callers.ts';

const peerId = 'f'.repeat(64);

/**
 * Puts a peer together as `startPeer` does, with no server before it, and joined to nothing.
 *
 * @param folder the real path of what it shares
 * @param partials what it shares besides, in part
 * @param inboxFolder where what it receives lands
 */
export async function openPeerInProcess(folder: string, partials: readonly PartialInit[], inboxFolder: string) {
  const owned = new AsyncDisposableStack();
  const logger = createLogger({ service: 'peer', level: 'error' });
  const settings = withDefaults({ paths: [folder], index: '127.0.0.1:1', uploadSlots: 16, uploadTurnMs: 1_000 });
  const database = owned.adopt(await openState(undefined), (opened) => opened.close());
  const index = owned.adopt(openIndex(settings.index), (opened) => opened.close());
  const share = openShare(settings, owned);
  const bounds = createTransferBounds(settings);
  const noState = () => ({ fileCount: 0, totalSizeBytes: 0, isJoined: false, ...bounds.state() });
  const records = await openRecords(settings, noState, owned, logger);

  const { follower, cache } = createTestFollower(folder, database, () => {}, share.found);
  owned.adopt(follower, (followed) => followed.close());
  const sharer = owned.adopt(
    new FolderSharer({
      files: share.found,
      folders: share.folders,
      nameOf: folderNames([{ path: folder, realPath: folder, kind: 'folder' }]),
      isBusy: () => false,
      ...{ nowMs, logger, onEvent: () => {}, onChanged: () => {} },
    }),
    (opened) => opened.close(),
  );
  await follower.start();
  for (const name of share.found.names()) sharer.noteFile(name);
  sharer.noteScan(new Set(['', 'docs/']));
  await sharer.start();
  for (const partial of partials) await share.loose.share(partial);
  share.files.retryDelayMs = undefined;
  share.onChanged(({ name }) => {
    throw new Error(`${name} is taken for another file than it was, and nobody changed it`);
  });

  const inbox = owned.adopt(
    await openInbox({
      // Files are taken that are uploaded; what is offered is refused before anybody is dialled for it, where it is not there.
      options: {
        ...{ folder: inboxFolder, ...inboxRules, otherwise: 'ask', ask: async ({ name }) => name.endsWith('.up') },
        // What nobody gives would keep its part open.
        waitMs: 1,
      },
      ...{ index, tls: undefined, ownPeerId: peerId, nowMs, logger },
      ownAddress: () => undefined,
      share: (partial) => share.received.share(partial),
      passed: share.passed,
      onEvent: () => {},
    }),
    (opened) => opened.close(),
  );
  const uploads = new Uploads(nowMs);
  const parts = { settings, peerId, shareName: 'share', share, cache, bounds, uploads, records, inbox, logger };
  const served = serve(TransferServiceDefinition, answerTransfers(parts));
  const calls = createCallPipeline({ services: [served], logger });
  const { downloadSlots, manifestSlots, watchSlots, offerSlots } = bounds.components;
  return {
    call: callsInProcess(served, TransferServiceDefinition, calls),
    /** How many calls are open, how many bytes of requests they hold, and how many of them have a slot of which kind. */
    open: () => ({
      calls: calls.terminator.openCalls,
      held: calls.accounts.heldBytes,
      downloads: downloadSlots.taken,
      manifests: manifestSlots.taken,
      watchers: watchSlots.taken,
      offers: offerSlots.taken,
    }),
    close: () => owned.disposeAsync(),
  };
}
