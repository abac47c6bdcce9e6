import { expect, test } from '@jest/globals';
import { peerIdOf } from '../support/listed.ts';
import { entry, now, peer, type TestedCatalog, ttl } from '../support/tested-catalog.ts';

/** Who is there, and for how long. */
export function testLeases(tested: TestedCatalog): void {
  const { join, find } = tested;

  test('a peer that joined is found by its id until its lease ends, and not a moment longer', async () => {
    const peerKey = await join('a', [entry('x', { sizeBytes: 7 }), entry('y', { sizeBytes: 5 })]);
    expect(await tested.catalog.findPeer(peerIdOf('a'), now)).toMatchObject({
      ...peer('a'),
      peerKey,
      renewMs: now,
      reachable: false,
      dialMs: 0,
      fileCount: 2,
      totalSizeBytes: 12,
    });
    expect(await tested.catalog.findPeer(peerIdOf('a'), now + ttl - 1)).toBeDefined();
    expect(await tested.catalog.findPeer(peerIdOf('a'), now + ttl)).toBeUndefined();
    expect(await find({}, now + ttl - 1)).toEqual(['x', 'y']);
    expect(await find({}, now + ttl)).toEqual([]);
  });

  test('a live peer is replaced only by who names its lease', async () => {
    const first = await join('a', [entry('x')]);
    expect(await tested.catalog.join(peer('a'), [entry('y')], undefined)).toEqual({ kind: 'held' });
    const outcome = await tested.catalog.join(peer('a'), [entry('y')], first);
    expect(outcome).toMatchObject({ kind: 'joined', takenFileCount: 1 });
    expect(await find({})).toEqual(['y']);
    expect(await tested.catalog.join(peer('a'), [], first)).toEqual({ kind: 'held' });
    expect(await tested.catalog.renew(first, now, now + ttl)).toBe(false);
  });

  test('an id whose lease is over can be joined, although nobody retired it', async () => {
    await join('a', [entry('x')]);
    await join('a', [entry('y')], { joinMs: now + ttl, expireMs: now + 2 * ttl });
    expect(await find({}, now + ttl)).toEqual(['y']);
  });

  test('a renewal puts the end of a lease off, and comes too late after it', async () => {
    const peerKey = await join('a', [entry('x')]);
    expect(await tested.catalog.renew(peerKey, now + 10, now + 10 + ttl)).toBe(true);
    expect(await tested.catalog.findPeer(peerIdOf('a'), now + ttl)).toMatchObject({ renewMs: now + 10 });
    expect(await tested.catalog.nextExpiryMs()).toBe(now + 10 + ttl);
    expect(await tested.catalog.renew(peerKey, now + 10 + ttl, now + 99 * ttl)).toBe(false);
    expect(await tested.catalog.findPeer(peerIdOf('a'), now + 10 + ttl)).toBeUndefined();
  });

  test('a retired peer is out of every answer at once, before its list is cleared', async () => {
    const peerKey = await join('a', [entry('x')]);
    expect(await tested.catalog.retire(peerKey, now)).toBe(true);
    expect(await tested.catalog.retire(peerKey, now)).toBe(false);
    expect(await find({})).toEqual([]);
    expect(await tested.catalog.listPeers('', 10, now)).toEqual([]);
    expect(await tested.catalog.stats(now)).toMatchObject({ peerCount: 0, holdingCount: 0 });
    expect(await tested.catalog.nextExpiryMs()).toBeUndefined();
  });

  test('peers whose leases are over are retired once, in bounded steps', async () => {
    await join('a', []);
    await join('b', [entry('x')], { expireMs: now + 1 });
    await join('c', [], { expireMs: now + 2 });
    expect((await tested.catalog.retireExpired(now, 10)).length).toBe(0);
    expect(
      (await tested.catalog.retireExpired(now + 5, 1)).map(({ peerId, fileCount }) => [peerId, fileCount]),
    ).toEqual([[peerIdOf('b'), 1]]);
    expect((await tested.catalog.retireExpired(now + 5, 10)).map(({ peerId }) => peerId)).toEqual([peerIdOf('c')]);
    expect((await tested.catalog.retireExpired(now + 5, 10)).length).toBe(0);
  });

  test('leases stand still while no index runs, and dead ones stay dead', async () => {
    await join('a', [], { expireMs: now + 5_000 });
    await join('b', [], { expireMs: now + 100 });
    await tested.catalog.heartbeat(now + 1_000);
    await tested.catalog.resume(now + 61_000, ttl);
    expect(await tested.catalog.findPeer(peerIdOf('b'), now + 61_000)).toBeUndefined();
    expect(await tested.catalog.findPeer(peerIdOf('a'), now + 61_000)).toMatchObject({ expireMs: now + 65_000 });
  });

  test('no lease is longer than the TTL after a restart, also when the clock was set back', async () => {
    await join('a', [], { expireMs: now + 20_000 });
    await tested.catalog.heartbeat(now);
    await tested.catalog.resume(now - 3_600_000, ttl);
    expect(await tested.catalog.nextExpiryMs()).toBe(now - 3_600_000 + ttl);
  });
}
