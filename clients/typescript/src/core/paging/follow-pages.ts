import { CardumeError } from '../../errors/cardume-error.ts';

/** A page of a list, and the token of the next one; undefined on the last page. */
export interface Page<Item> {
  items: readonly Item[];
  nextPageToken: string | undefined;
}

/** How many pages without an item may follow one another. Ours have none but the last. */
const maxEmptyPages = 10;

/**
 * Gives the items of all pages, each page asked for when the one before is used up.
 *
 * The server may be hostile: a token that repeats, or pages without items, would keep a caller busy for ever.
 *
 * @param who the server, for the message
 * @throws CardumeError LIMIT_REACHED when the pages lead nowhere; what `fetchPage` throws
 */
export async function* followPages<Item>(
  who: string,
  fetchPage: (pageToken: string | undefined) => Promise<Page<Item>>,
): AsyncGenerator<Item, void, undefined> {
  let pageToken: string | undefined;
  let emptyPages = 0;
  do {
    const page = await fetchPage(pageToken);
    yield* page.items;
    emptyPages = page.items.length === 0 ? emptyPages + 1 : 0;
    const isStuck = page.nextPageToken !== undefined && page.nextPageToken === pageToken;
    if (isStuck || emptyPages > maxEmptyPages) {
      throw new CardumeError('LIMIT_REACHED', `${who} sends pages that lead nowhere; ask another one`);
    }
    pageToken = page.nextPageToken;
  } while (pageToken !== undefined);
}
