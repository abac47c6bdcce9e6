import { maxEntriesPerChange } from '../limits.ts';
import type { ListEntry } from '../list-entry.ts';
import type { ChangeEvent, RemovedEntry } from './change.ts';

/** What a transaction changes in one peer's list, gathered for the log of changes. */
export interface ListChanges {
  added: ListEntry[];
  removed: RemovedEntry[];
}

/** The events that tell of changes of a list, removals first: none when nothing changed. */
export function eventsOf({ added, removed }: ListChanges): ChangeEvent[] {
  const events: ChangeEvent[] = [];
  for (let start = 0; start < removed.length; start += maxEntriesPerChange) {
    events.push({ kind: 'listed', added: [], removed: removed.slice(start, start + maxEntriesPerChange) });
  }
  for (let start = 0; start < added.length; start += maxEntriesPerChange) {
    events.push({ kind: 'listed', added: added.slice(start, start + maxEntriesPerChange), removed: [] });
  }
  return events;
}
