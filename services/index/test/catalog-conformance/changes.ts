import { setImmediate } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { until } from '../../../../tests/support/until.ts';
import { digestOf, peerIdOf } from '../support/listed.ts';
import { entry, now, peer, type TestedCatalog, ttl } from '../support/tested-catalog.ts';

/** The log of changes. */
export function testChanges(tested: TestedCatalog): void {
  const { join } = tested;

  describe('the log of changes', () => {
    const eventsAfter = async (position: number): Promise<unknown[]> => {
      const { changes } = await tested.catalog.changesAfter(position);
      return (changes ?? []).map(({ peerId, event, changeMs }) => [peerId, event, changeMs]);
    };

    test('tells what happened, in its order, and where it ends', async () => {
      const { position: start, logId } = await tested.catalog.changeLogEnd();
      const folder = { fileCount: 2, totalSizeBytes: 7 };
      const peerKey = await join('a', [entry('x'), entry('dir', { folder })]);
      const added = [entry('x', { content: 'new' }), entry('y', { partial: true, modifyMs: undefined })];
      await tested.catalog.change(peerKey, ['dir', 'unknown'], added, now + 1);
      await join('b', [], { expireMs: now + 2 });
      await tested.catalog.retireExpired(now + 5, 10);
      await tested.catalog.retire(peerKey, now + 6);
      const digest = digestOf('dir');
      expect(await eventsAfter(start)).toEqual([
        [peerIdOf('a'), { kind: 'joined', host: 'host', port: 1, shareName: 'a', listKept: false }, now],
        [peerIdOf('a'), { kind: 'listed', added: [entry('x'), entry('dir', { folder })], removed: [] }, now],
        [
          peerIdOf('a'),
          { kind: 'listed', added: [], removed: [{ name: 'dir', digest, sizeBytes: 100, folder }] },
          now + 1,
        ],
        [peerIdOf('a'), { kind: 'listed', added, removed: [] }, now + 1],
        [peerIdOf('b'), { kind: 'joined', host: 'host', port: 1, shareName: 'b', listKept: false }, now],
        [peerIdOf('b'), { kind: 'left', expired: true }, now + 5],
        [peerIdOf('a'), { kind: 'left', expired: false }, now + 6],
      ]);
      const end = await tested.catalog.changeLogEnd();
      expect(end.logId).toBe(logId);
      expect(end.position).toBeGreaterThan(start);
      expect(await eventsAfter(end.position)).toEqual([]);
    });

    test('tells of no entry that stays as it was, of no renewal, and of nothing that was refused', async () => {
      const peerKey = await join('a', [entry('x'), entry('y')]);
      const { position } = await tested.catalog.changeLogEnd();
      await tested.catalog.change(peerKey, [], [entry('x', { modifyMs: 5 })], now);
      await tested.catalog.renew(peerKey, now, now + ttl);
      await tested.catalog.join(peer('a'), [entry('z')], undefined);
      await tested.catalog.clearRetired(100);
      expect(await eventsAfter(position)).toEqual([]);
      await tested.catalog.change(peerKey, [], [entry('x', { partial: true })], now);
      expect(await eventsAfter(position)).toHaveLength(1);
    });

    test('cuts long lists into parts', async () => {
      await tested.reopen({ maxPeers: 1, maxFilesPerPeer: 20_000, maxHoldings: 20_000 });
      await tested.catalog.resume(now, ttl);
      const names = Array.from({ length: 2_500 }, (_, number) => `${number}`);
      const { position } = await tested.catalog.changeLogEnd();
      const peerKey = await join(
        'a',
        names.map((name) => entry(name)),
      );
      await tested.catalog.change(peerKey, names.slice(0, 1_200), [], now);
      const { changes = [] } = await tested.catalog.changesAfter(position);
      const counts = changes.map(({ event }) =>
        event.kind === 'listed' ? [event.added.length, event.removed.length] : event.kind,
      );
      expect(counts).toEqual(['joined', [1_000, 0], [1_000, 0], [500, 0], [0, 1_000], [0, 200]]);
    });

    test('keeps changes for an hour, and says when they are gone', async () => {
      const { position: start } = await tested.catalog.changeLogEnd();
      await join('a', []);
      const { position: middle } = await tested.catalog.changeLogEnd();
      await join('b', [], { joinMs: now + 3_600_000, expireMs: now + 3_700_000 });
      expect(await tested.catalog.trimChanges(now + 3_599_999)).toBe(false);
      expect(await tested.catalog.trimChanges(now + 3_600_000)).toBe(true);
      expect(await tested.catalog.trimChanges(now + 3_600_000)).toBe(false);
      expect((await tested.catalog.changesAfter(start)).changes).toBeUndefined();
      expect(await eventsAfter(middle)).toHaveLength(1);
    });

    test('wakes who listens, until they do no more', async () => {
      let woken = 0;
      const stop = await tested.catalog.onChanges(() => {
        woken += 1;
      });
      await join('a', [entry('x')]);
      await until('the listener is woken', () => woken > 0);
      await stop();
      const before = woken;
      await join('b', []);
      await setImmediate();
      expect(woken).toBe(before);
    });
  });
}
