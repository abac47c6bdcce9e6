import { expect, test } from '@jest/globals';
import { KeptItems } from '../src/core/failover/kept-items.ts';

/** Takes so many of them, and stops in the middle. */
async function take<Item>(items: AsyncIterable<Item>, count: number): Promise<Item[]> {
  const taken: Item[] = [];
  for await (const item of items) {
    taken.push(item);
    if (taken.length === count) break;
  }
  return taken;
}

const length = (text: string): number => text.length;

test('what was taken is gone through again from the first one, and each is asked of its source once', async () => {
  const asked: string[] = [];
  const source = function* () {
    for (const text of ['a', 'b', 'c']) {
      asked.push(text);
      yield text;
    }
  };
  const kept = new KeptItems(source(), length, 10);
  expect(await take(kept, 2)).toEqual(['a', 'b']);
  expect(asked).toEqual(['a', 'b']);
  expect(await take(kept, 9)).toEqual(['a', 'b', 'c']);
  expect(await take(kept, 9)).toEqual(['a', 'b', 'c']);
  expect([asked, kept.areAllKept]).toEqual([['a', 'b', 'c'], true]);
});

test('more than may be kept is gone through once, and not kept', async () => {
  const kept = new KeptItems(['aa', 'bb', 'cc', 'dd'], length, 5);
  const seen: [string, boolean][] = [];
  for await (const text of kept) seen.push([text, kept.areAllKept]);
  expect(seen).toEqual([
    ['aa', true],
    ['bb', true],
    ['cc', false],
    ['dd', false],
  ]);
});

test('one that was being waited for is not lost to who goes through them again, and the source is let go of', async () => {
  const second = Promise.withResolvers<string>();
  let isLetGo = false;
  const source = async function* () {
    try {
      yield 'a';
      yield await second.promise;
    } finally {
      isLetGo = true;
    }
  };
  const kept = new KeptItems(source(), length, 10);
  const [first, again] = [kept[Symbol.asyncIterator](), kept[Symbol.asyncIterator]()];
  await first.next();
  const waiting = first.next();
  expect(await again.next()).toEqual({ done: false, value: 'a' });
  const both = Promise.all([waiting, again.next()]);
  second.resolve('b');
  expect(await both).toEqual([
    { done: false, value: 'b' },
    { done: false, value: 'b' },
  ]);
  kept.close();
  await again.next();
  expect(isLetGo).toBe(true);
});

test('what its source throws, whoever goes through them hears', async () => {
  const source = function* () {
    yield 'a';
    throw new Error('the source is ill');
  };
  const kept = new KeptItems(source(), length, 10);
  await expect(take(kept, 9)).rejects.toThrow('the source is ill');
  await expect(take(kept, 9)).rejects.toThrow('the source is ill');
});
