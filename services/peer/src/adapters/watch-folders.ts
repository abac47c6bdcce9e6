import { type FSWatcher, watch } from 'node:fs';
import { errnoOf, messageOf } from '@cardume/client';
import { maxWatchedFolders } from '../core/limits.ts';

/** Watches folders for changes in them. What it says is a hint, no more: whoever gets one looks for himself. */
export interface FolderWatcher {
  /**
   * Watches a folder, unless it is watched already.
   *
   * @param identity what tells it from another folder that stood under the path before
   */
  watch(path: string, identity: string): void;
  /** Watches no longer what was not passed to {@link watch} since the last call of this. */
  forgetOthers(): void;
  close(): void;
}

export interface FolderWatcherInit {
  onHint: () => void;
  /** Called once, when no more folders can be watched. */
  onFailure: (problem: string) => void;
}

interface Watched {
  identity: string;
  watcher: FSWatcher;
  seen: boolean;
}

export function createFolderWatcher({ onHint, onFailure }: FolderWatcherInit): FolderWatcher {
  const watched = new Map<string, Watched>();
  let failed = false;

  const fail = (problem: string): void => {
    if (!failed) onFailure(problem);
    failed = true;
  };
  const forget = (path: string): void => {
    watched.get(path)?.watcher.close();
    watched.delete(path);
  };

  return {
    watch(path, identity) {
      const known = watched.get(path);
      if (known?.identity === identity) {
        known.seen = true;
        return;
      }
      forget(path);
      // A kernel that refused once will refuse again, and asking it for each folder of each scan is no use.
      if (failed) return;
      if (watched.size >= maxWatchedFolders) {
        fail(`only ${maxWatchedFolders} folders are watched`);
        return;
      }
      try {
        const watcher = watch(path, { persistent: false }, onHint);
        watcher.on('error', () => {
          forget(path);
          onHint();
        });
        watched.set(path, { identity, watcher, seen: true });
      } catch (error) {
        // A folder that is gone by now, or may not be read, says nothing of the others; the next scan tries it again.
        if (isExhausted(error)) fail(messageOf(error));
      }
    },
    forgetOthers() {
      for (const [path, entry] of watched) {
        if (!entry.seen) forget(path);
        entry.seen = false;
      }
    },
    close() {
      for (const path of [...watched.keys()]) forget(path);
    },
  };
}

/** Whether the kernel has no more watches (ENOSPC) or descriptors (EMFILE) for this user or process. */
function isExhausted(error: unknown): boolean {
  return ['ENOSPC', 'EMFILE'].includes(errnoOf(error) ?? '');
}
