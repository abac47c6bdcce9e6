import type { Database } from './database.ts';

/** How many entries are written before others have their turn: some ten milliseconds of work. */
const entriesPerTurn = 250;

/** Writes one thing after the other within a transaction, and lets others have their turn now and then. Returns how many were written. */
export async function writeInTurns<Item>(
  database: Database,
  items: readonly Item[],
  write: (item: Item) => boolean,
): Promise<number> {
  let count = 0;
  for (const [at, item] of items.entries()) {
    if (at > 0 && at % entriesPerTurn === 0) await database.turn();
    if (write(item)) count += 1;
  }
  return count;
}
