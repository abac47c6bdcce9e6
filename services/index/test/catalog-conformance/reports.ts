import { describe, expect, test } from '@jest/globals';
import type { ReportInit } from '../../src/core/catalog.ts';
import { digestOf, peerIdOf } from '../support/listed.ts';
import { entry, never, now, planOf, type TestedCatalog, ttl } from '../support/tested-catalog.ts';

/** What callers report of peers. */
export function testReports(tested: TestedCatalog): void {
  const { join, clearAll } = tested;

  describe('reports', () => {
    const hour = 3_600_000;
    const report = (of: string, caller: string, more: Partial<ReportInit> = {}) =>
      tested.catalog.report({
        peerId: peerIdOf(of),
        caller,
        digest: digestOf('x'),
        piece: 3,
        reportMs: now,
        expireMs: now + hour,
        ...more,
      });
    const counts = async (nowMs = now): Promise<Record<string, number>> => {
      const listed = await tested.catalog.listPeers('', 10, nowMs);
      return Object.fromEntries(listed.map(({ shareName, reportCount }) => [shareName, reportCount]));
    };

    test('count each caller once for a peer, and are told of live peers', async () => {
      await join('a', [], { expireMs: now + 2 * hour });
      await join('b', [], { expireMs: now + 2 * hour });
      expect(await report('a', '10.0.0.1')).toEqual({ kind: 'counted', reportCount: 1, isNew: true });
      expect(await report('a', '10.0.0.2', { piece: undefined })).toMatchObject({ reportCount: 2, isNew: true });
      expect(await report('a', '10.0.0.1', { digest: digestOf('y') })).toMatchObject({
        reportCount: 2,
        isNew: false,
      });
      expect(await report('c', '10.0.0.1')).toMatchObject({ reportCount: 1 });
      expect(await counts()).toEqual({ a: 2, b: 0 });
    });

    test('end on time, unless they are renewed; and what has ended is cleared in steps', async () => {
      await join('a', [], { expireMs: now + 2 * hour });
      await report('a', '1');
      await report('a', '2');
      await report('a', '2', { reportMs: now + 10, expireMs: now + 10 + hour });
      expect(await counts(now + hour - 1)).toEqual({ a: 2 });
      expect(await counts(now + hour)).toEqual({ a: 1 });
      expect(await counts(now + 10 + hour)).toEqual({ a: 0 });
      const again = { reportMs: now + hour + 20, expireMs: now + hour + 30 };
      expect(await report('a', '1', again)).toEqual({ kind: 'counted', reportCount: 1, isNew: true });
      expect(await tested.catalog.clearReports(now + hour + 20, 10)).toBe(1);
      expect(await tested.catalog.clearReports(now + hour + 20, 10)).toBe(0);
      await report('a', '3', again);
      expect(await tested.catalog.clearReports(now + 2 * hour, 1)).toBe(1);
      expect(await tested.catalog.clearReports(now + 2 * hour, 1)).toBe(1);
      expect(await tested.catalog.clearReports(now + 2 * hour, 1)).toBe(0);
    });

    test('stay with a peer that joins again', async () => {
      const first = await join('a', []);
      await report('a', '1');
      await tested.catalog.retire(first, now);
      await clearAll();
      await join('a', []);
      expect(await counts()).toEqual({ a: 1 });
    });

    test('are bounded: for each peer those that count, for each caller, and together', async () => {
      await join('a', []);
      for (const caller of ['1', '2', '3']) await report('a', caller);
      expect(await report('a', '4')).toEqual({ kind: 'counted', reportCount: 3, isNew: false });
      expect(await counts()).toEqual({ a: 3 });
      for (const label of ['b', 'c', 'd']) expect(await report(label, '1')).toMatchObject({ kind: 'counted' });
      expect(await report('e', '1')).toEqual({ kind: 'full', limit: 'maxReportsPerCaller' });
      expect(await report('a', '1')).toMatchObject({ kind: 'counted', isNew: false });
      expect(await report('e', '5')).toEqual({ kind: 'full', limit: 'maxReports' });
      // What has ended makes room once it is cleared.
      await tested.catalog.clearReports(now + hour, 100);
      expect(await report('e', '1')).toMatchObject({ kind: 'counted' });
    });

    test('put a holder behind those that fewer report, also behind partial ones, and out of no answer', async () => {
      await tested.reopen({ maxReports: 100, maxReportsPerPeer: 100 });
      const at = (ageMs: number) => ({ joinMs: now - ageMs, expireMs: now + ttl });
      const liar = await join('liar', [entry('x')], at(0));
      await tested.catalog.setReachable(liar, true, now);
      await join('accused', [entry('x')], at(1));
      await join('part', [entry('x', { partial: true })], at(2));
      await join('honest', [entry('x')], at(3));
      for (const caller of ['1', '2']) await report('liar', caller);
      await report('accused', '1');
      const { candidates } = await tested.catalog.findCandidates(planOf({ query: 'x' }), now, 10, never);
      const fileKey = candidates[0]?.fileKey ?? -1;
      const holdersAt = async (nowMs: number, limit = 10) => {
        const found = (await tested.catalog.findHolders([fileKey], nowMs, limit, never)).get(fileKey);
        return found?.holders.map(({ peerId, reportCount }) => [peerId, reportCount]);
      };
      const expected = ['honest', 'part', 'accused', 'liar']
        .map(peerIdOf)
        .map((id, index) => [id, [0, 0, 1, 2][index]]);
      expect(await holdersAt(now)).toEqual(expected);
      expect(await holdersAt(now, 3)).toEqual(expected.slice(0, 3));
    });

    test('count no longer after an hour, also when the clock was set back', async () => {
      await join('a', []);
      await report('a', '1', { reportMs: now + 9 * hour, expireMs: now + 10 * hour });
      await report('a', '2');
      await tested.catalog.resume(now, ttl);
      expect(await counts()).toEqual({ a: 1 });
    });
  });
}
