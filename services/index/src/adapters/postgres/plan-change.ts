import type { FolderSummary } from '@cardume/client';
import type { ListEntry } from '../../core/catalog.ts';
import type { ListChanges } from '../../core/changes/list-changes.ts';

/** What a peer lists under a name. */
export interface HeldEntry {
  name: string;
  nameKey: number;
  fileKey: number;
  sizeBytes: number;
  digest: string;
  folder: FolderSummary | undefined;
  partial: boolean;
  modifyMs: number | undefined;
}

/** What a change of a list asks for. */
export interface AskedChange {
  /** What the peer lists under the names that the change is about. */
  held: ReadonlyMap<string, HeldEntry>;
  removedNames: readonly string[];
  /** Of each name one. */
  added: readonly ListEntry[];
  /** How many entries the list may have more than now. */
  room: number;
}

/** What is to be done for it. */
export interface PlannedChange {
  /** Holdings that go; some come back as another file. */
  release: HeldEntry[];
  /** Holdings that come. */
  put: ListEntry[];
  takenCount: number;
  removedCount: number;
  /** How many entries the list has more afterwards. */
  entryCount: number;
  changes: ListChanges;
}

/** Decides what a change of a list does: removals first, then each entry in the place of the one that has its name. */
export function planChange({ held, removedNames, added, room }: AskedChange): PlannedChange {
  const removed = new Map(removedNames.flatMap((name) => pairOf(name, held.get(name))));
  const plan: PlannedChange = {
    release: [...removed.values()],
    put: [],
    takenCount: 0,
    removedCount: removed.size,
    entryCount: -removed.size,
    changes: {
      added: [],
      removed: [...removed.values()].map(({ name, sizeBytes, digest, folder }) => ({
        name,
        sizeBytes,
        digest,
        folder,
      })),
    },
  };
  for (const entry of added) {
    const old = removed.has(entry.name) ? undefined : held.get(entry.name);
    if (old === undefined) {
      if (plan.entryCount >= room) continue;
      plan.entryCount += 1;
    }
    plan.takenCount += 1;
    replace(plan, old, entry);
  }
  return plan;
}

/** Puts an entry in the place of what is held under its name, if that is something else. */
function replace(plan: PlannedChange, old: HeldEntry | undefined, entry: ListEntry): void {
  const isSameFile = old !== undefined && isSame(old, entry);
  if (!isSameFile) plan.changes.added.push(entry);
  if (isSameFile && old.modifyMs === entry.modifyMs) return;
  if (old !== undefined) plan.release.push(old);
  plan.put.push(entry);
}

function pairOf(name: string, held: HeldEntry | undefined): [string, HeldEntry][] {
  return held === undefined ? [] : [[name, held]];
}

/** Whether an entry says what is held already, but for the time of modification. */
function isSame(held: HeldEntry, { digest, sizeBytes, partial, folder }: ListEntry): boolean {
  return (
    held.digest === digest &&
    held.sizeBytes === sizeBytes &&
    held.partial === partial &&
    held.folder?.fileCount === folder?.fileCount &&
    held.folder?.totalSizeBytes === folder?.totalSizeBytes
  );
}
