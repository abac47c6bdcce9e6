import { setImmediate as nextTurn } from 'node:timers/promises';

/**
 * Gives items some at a time, and lets others have the event loop in between: what serves does not wait for a loop over
 * a million names.
 */
export async function* inSlices<Item>(items: Iterable<Item>, sliceLength: number): AsyncGenerator<Item[], void> {
  let slice: Item[] = [];
  for (const item of items) {
    slice.push(item);
    if (slice.length < sliceLength) continue;
    yield slice;
    slice = [];
    await nextTurn();
  }
  yield slice;
}
