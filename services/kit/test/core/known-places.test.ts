import { expect, test } from '@jest/globals';
import { KnownPlaces } from '../../src/core/connections/known-places.ts';

const lifetimeMs = 1_000;

test('a place is known for its time since it was noted last, and no more than twice as long', () => {
  for (const noted of [[0], [0, 990], [990]]) {
    const places = new KnownPlaces({ lifetimeMs, maxPlaces: 10 }, 0);
    for (const nowMs of noted) places.note('a', nowMs);
    const lastMs = noted.at(-1) ?? 0;
    expect(places.has('a', lastMs + lifetimeMs)).toBe(true);
    expect(places.has('a', lastMs + 2 * lifetimeMs)).toBe(false);
  }
});

test('what was noted long ago is not known when nobody asked meanwhile', () => {
  const places = new KnownPlaces({ lifetimeMs, maxPlaces: 10 }, 0);
  places.note('a', 0);
  expect(places.has('b', 50_000)).toBe(false);
  expect(places.has('a', 50_000)).toBe(false);
  expect(places.count).toBe(0);
});

test('a bounded number of places is known, those noted last', () => {
  const places = new KnownPlaces({ lifetimeMs, maxPlaces: 10 }, 0);
  let most = 0;
  for (let at = 0; at < 1_000; at += 1) {
    places.note(`place-${at}`, 1);
    most = Math.max(most, places.count);
  }
  expect(most).toBeLessThanOrEqual(10);
  for (let at = 995; at < 1_000; at += 1) expect(places.has(`place-${at}`, 1)).toBe(true);
});
