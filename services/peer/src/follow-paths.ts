import type { Logger } from '@cardume/service-kit';
import type { DigestCache } from './adapters/digest-cache.ts';
import { createHashPool } from './adapters/hash-pool.ts';
import { nowMs } from './adapters/system-clock.ts';
import type { NameTest } from './core/name-rules.ts';
import type { ShareRoot } from './core/share-root.ts';
import { createScan } from './create-scan.ts';
import { ShareFollower } from './follow-shares.ts';
import type { OpenShare } from './open-share.ts';
import { openCopyNotes } from './open-when-wanted.ts';
import { orAbort } from './or-abort.ts';
import type { PeerSettings } from './peer-options.ts';
import { FolderSharer } from './share-folders.ts';

/** What is followed, and where what is found goes. */
export interface FollowPathsInit {
  settings: PeerSettings;
  roots: readonly ShareRoot[];
  exclude: NameTest;
  /** See `FolderSharerInit`. */
  nameOfFolder: (prefix: string) => string | undefined;
  /** Filled, and told of what changes on the disk. */
  share: OpenShare;
  cache: DigestCache;
  logger: Logger;
  /** Ends the start. */
  signal: AbortSignal | undefined;
}

/**
 * Keeps what a peer shares as its paths are. Resolves when every file has been hashed that is not being written to, and every
 * folder is shared whose files were.
 *
 * @throws CardumeError INVALID_FIELD for a path that is not shared; CANCELLED when the signal fired; what made the first scan fail
 */
export async function followPaths(init: FollowPathsInit, owned: AsyncDisposableStack): Promise<void> {
  const { settings, roots, exclude, nameOfFolder, share, cache, logger, signal } = init;
  const { onEvent } = settings;
  const { found, folders } = share;
  // Each of these two asks the other: folders wait until their files are hashed, and hear which files changed.
  const folderSharer = owned.adopt(
    new FolderSharer({
      files: found,
      folders,
      nameOf: nameOfFolder,
      isBusy: () => follower.isBusy,
      nowMs,
      logger,
      onEvent,
      onChanged: (name) => share.noteFound(name),
    }),
    (sharer) => sharer.close(),
  );
  const copyNotes = await openCopyNotes(settings.copiesFolder, found, owned, logger, nowMs);
  const follower = owned.adopt(
    new ShareFollower({
      scan: await createScan(roots, exclude, settings),
      rootPaths: roots.map(({ realPath }) => realPath),
      list: found,
      cache,
      pool: createHashPool(settings.hashThreads),
      rescanIntervalMs: settings.rescanIntervalMs,
      nowMs,
      wallClockMs: Date.now,
      logger,
      onEvent,
      onChanged: (name) => {
        share.noteFound(name);
        folderSharer.noteFile(name);
      },
      onShared: (entry) => copyNotes?.note(entry),
      onScanned: (prefixes) => folderSharer.noteScan(prefixes),
    }),
    (followed) => followed.close(),
  );
  share.onChanged((entry) => follower.noteChanged(entry));
  await orAbort(follower.start(), signal);
  await orAbort(folderSharer.start(), signal);
  share.files.retryDelayMs = undefined;
}
