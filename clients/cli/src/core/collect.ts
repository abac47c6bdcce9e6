import { CardumeError } from '@cardume/client';
import { formatSize } from './units/size.ts';

/** What was taken of a list. */
export interface Collected<Item> {
  items: Item[];
  /** Whether the list goes on after them. */
  more: boolean;
}

/** How much of a list is taken. */
export interface CollectInit {
  /** How many items at the most; further ones are not asked for. */
  maxItems: number;
  /** How long all of them may be, as JSON. */
  maxCharacters: number;
}

/**
 * Takes the items of a list into memory. Who sends the list may be hostile: their number alone does not bound what they
 * take, since a single name or list of holders can be as long as a message.
 *
 * @throws CardumeError LIMIT_REACHED when the items are too long; what the list throws
 */
export async function collect<Item>(
  list: Iterable<Item> | AsyncIterable<Item>,
  { maxItems, maxCharacters }: CollectInit,
): Promise<Collected<Item>> {
  const items: Item[] = [];
  let characters = 0;
  for await (const item of list) {
    if (items.length >= maxItems) return { items, more: true };
    characters += JSON.stringify(item).length;
    if (characters > maxCharacters) {
      const most = formatSize(maxCharacters);
      throw new CardumeError('LIMIT_REACHED', `the answer is longer than ${most}; ask for less, or another index`);
    }
    items.push(item);
  }
  return { items, more: false };
}
