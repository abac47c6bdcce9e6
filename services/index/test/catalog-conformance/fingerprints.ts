import { describe, expect, test } from '@jest/globals';
import type { ListEntry } from '../../src/core/catalog.ts';
import { peerIdOf } from '../support/listed.ts';
import { entry, now, peer, type TestedCatalog, ttl } from '../support/tested-catalog.ts';

/** Lists that are kept while their peers are away. */
export function testFingerprints(tested: TestedCatalog): void {
  const { join, find } = tested;

  describe('a list with a fingerprint', () => {
    const fingerprint = new Uint8Array([1, 2, 3]);
    const list = (peerKey: number, entries: ListEntry[], its = fingerprint) =>
      tested.catalog.change(peerKey, [], entries, now, its);
    const joinAgain = (replaces: number | undefined, its: Uint8Array, joinMs = now) =>
      tested.catalog.join(peer('a', { joinMs, expireMs: joinMs + ttl, port: 2 }), [entry('new')], replaces, its);

    test('is kept when its peer joins again with it, also when its lease was over', async () => {
      const peerKey = await join('a', [entry('x')]);
      await list(peerKey, [entry('y')]);
      const kept = { kind: 'joined', peerKey, takenFileCount: 0, listKept: true, entryCount: 2 };
      expect(await joinAgain(peerKey, fingerprint)).toEqual(kept);
      expect(await find({})).toEqual(['x', 'y']);
      expect(await tested.catalog.findPeer(peerIdOf('a'), now)).toMatchObject({ port: 2, fileCount: 2 });
      await tested.catalog.retire(peerKey, now);
      expect(await find({})).toEqual([]);
      expect(await joinAgain(undefined, fingerprint)).toEqual(kept);
      expect(await find({})).toEqual(['x', 'y']);
      expect(await joinAgain(undefined, fingerprint, now + 2 * ttl)).toEqual(kept);
      expect(await tested.catalog.stats(now + 2 * ttl)).toMatchObject({ peerCount: 1, holdingCount: 2, fileCount: 2 });
    });

    test('is replaced when the peer gives another one, and without its lease refused', async () => {
      const peerKey = await join('a', [entry('x')]);
      await list(peerKey, [entry('y')]);
      expect(await joinAgain(undefined, fingerprint)).toEqual({ kind: 'held' });
      expect(await joinAgain(peerKey, new Uint8Array([1, 2]))).toMatchObject({ listKept: false, entryCount: 1 });
      expect(await find({})).toEqual(['new']);
    });

    test('has none after a change without, or one that was not taken as a whole', async () => {
      const peerKey = await join('a', []);
      await list(peerKey, [entry('x')]);
      await tested.catalog.change(peerKey, ['x'], [], now);
      expect(await joinAgain(peerKey, fingerprint)).toMatchObject({ listKept: false });
      const again = await join('b', []);
      await list(
        again,
        [1, 2, 3, 4, 5, 6].map((number) => entry(`${number}`)),
      );
      const outcome = await tested.catalog.join(peer('b'), [], again, fingerprint);
      expect(outcome).toMatchObject({ listKept: false });
    });

    test('waits to be cleared, and is no more once that has begun', async () => {
      const peerKey = await join('a', [entry('x')]);
      await list(peerKey, [entry('y')]);
      await tested.catalog.retire(peerKey, now);
      expect(await tested.catalog.clearRetired(1, now - 1)).toBe(0);
      expect(await tested.catalog.clearRetired(1, now)).toBe(1);
      expect(await joinAgain(undefined, fingerprint)).toMatchObject({ listKept: false });
    });

    test('makes room when more than half of all entries are taken', async () => {
      const peerKey = await join('a', [entry('x')]);
      await list(
        peerKey,
        ['1', '2', '3', '4'].map((name) => entry(name)),
      );
      await tested.catalog.retire(peerKey, now);
      expect(await tested.catalog.clearRetired(10, now - 1)).toBeGreaterThan(0);
    });
  });
}
