/** Gives items in arrays of so many; the last one may be shorter, and none is empty. */
export function* inBatches<Item>(items: Iterable<Item>, batchSize: number): Generator<Item[], void, undefined> {
  let batch: Item[] = [];
  for (const item of items) {
    batch.push(item);
    if (batch.length < batchSize) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
