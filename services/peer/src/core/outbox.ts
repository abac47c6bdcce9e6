import type { ListChange, ListedFile } from '@cardume/client';
import { maxEntriesPerMessage } from './limits.ts';
import { type ShareEntry, sharedFileOf } from './share-list.ts';

/**
 * The names of which the index does not know yet what became of them.
 *
 * What to say of each is looked up in the list when it is sent, so that several changes of one name are one.
 */
export class Outbox {
  readonly #names = new Set<string>();
  readonly #entryOf: (name: string) => ShareEntry | undefined;

  constructor(entryOf: (name: string) => ShareEntry | undefined) {
    this.#entryOf = entryOf;
  }

  get size(): number {
    return this.#names.size;
  }

  add(name: string): void {
    this.#names.add(name);
  }

  addAll(names: Iterable<string>): void {
    for (const name of names) this.#names.add(name);
  }

  /** Forgets what waits. */
  clear(): void {
    this.#names.clear();
  }

  /** Takes out the next change, small enough for one message; undefined when nothing waits. */
  take(): { added: ListedFile[]; removedNames: string[] } | undefined {
    if (this.#names.size === 0) return undefined;
    const added: ListedFile[] = [];
    const removedNames: string[] = [];
    for (const name of this.#names) {
      if (added.length + removedNames.length >= maxEntriesPerMessage) break;
      this.#names.delete(name);
      const entry = this.#entryOf(name);
      if (entry === undefined) removedNames.push(name);
      else added.push(sharedFileOf(entry));
    }
    return { added, removedNames };
  }

  /** Takes out up to `count` changes, one after another as they are asked for. */
  *takeSome(count: number): Generator<ListChange, void, undefined> {
    for (let taken = 0; taken < count; taken++) {
      const change = this.take();
      if (change === undefined) return;
      yield change;
    }
  }
}
