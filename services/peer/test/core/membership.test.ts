import { CardumeError, type ErrorReason, type Lease } from '@cardume/client';
import { describe, expect, test } from '@jest/globals';
import { backoffMs, maxBackoffMs, minBackoffMs } from '../../src/core/backoff.ts';
import {
  afterFailure,
  afterJoin,
  afterPublish,
  afterRenewal,
  nextStep,
  startApart,
} from '../../src/core/membership.ts';

const lease: Lease = {
  peerId: 'a'.repeat(64),
  leaseSecret: 'secret',
  ttlMs: 30_000,
  renewIntervalMs: 10_000,
  host: '127.0.0.1',
  reachable: true,
  listKept: false,
  fileCount: 7,
  takenFileCount: 7,
  allowedUsers: [],
};
const error = (reason: ErrorReason, retryDelayMs?: number): CardumeError =>
  new CardumeError(reason, 'a problem', retryDelayMs === undefined ? {} : { retryDelayMs });
const renewal = { ttlMs: 30_000, renewIntervalMs: 10_000, fileCount: 7, seenHost: undefined };

describe('a peer that is apart from its index', () => {
  test('joins at once when it starts', () => {
    expect(nextStep(startApart(5), true)).toEqual({ action: 'join', atMs: 5 });
  });

  test('tries again after longer and longer waits, and never at the same time as all others', () => {
    let state = startApart(0);
    const waits: number[] = [];
    for (let attempt = 0; attempt < 8; attempt++) {
      state = afterFailure(state, error('UNREACHABLE'), 0, 0);
      waits.push(state.joinAtMs);
    }
    expect(waits).toEqual([500, 1_000, 2_000, 4_000, 5_000, 5_000, 5_000, 5_000]);
    expect(backoffMs(1, 1)).toBe(1_000);
    expect(backoffMs(1_000, 1)).toBe(maxBackoffMs);
    expect(backoffMs(1, 0)).toBe(minBackoffMs);
  });

  test('waits as long as the index says for a lease that another process has, but not for ever', () => {
    expect(afterFailure(startApart(0), error('LEASE_SECRET_WRONG', 25_000), 100, 0).joinAtMs).toBe(25_100);
    expect(afterFailure(startApart(0), error('LEASE_SECRET_WRONG', 1e12), 0, 0).joinAtMs).toBe(300_000);
  });
});

describe('a peer that has joined', () => {
  const joined = afterJoin(lease, true, 1_000);

  test('renews when it is time, and sends changes as soon as there are some', () => {
    expect(nextStep(joined, false)).toEqual({ action: 'renew', atMs: 11_000 });
    expect(nextStep(joined, true)).toEqual({ action: 'publish', atMs: 1_000 });
  });

  test('renews between two messages of a list that takes longer than a renewal', () => {
    const late = afterPublish(joined, { takenFileCount: 1, removedFileCount: 0, fileCount: 1 }, false, 11_500);
    expect(nextStep(late, true)).toEqual({ action: 'renew', atMs: 11_000 });
  });

  test('goes on when a renewal finds the list as it was left', () => {
    expect(afterRenewal(joined, renewal, false, 11_000)).toMatchObject({ phase: 'joined', renewAtMs: 21_000 });
  });

  test('joins again when a renewal finds another list, unless changes are on their way', () => {
    const shorter = { ...renewal, fileCount: 6 };
    expect(afterRenewal(joined, shorter, false, 11_000)).toEqual(startApart(11_000));
    expect(afterRenewal(joined, shorter, true, 11_000).phase).toBe('joined');
  });

  test('joins again when it is seen elsewhere than others are told', () => {
    const seenAt = (seenHost: string) => afterRenewal(joined, { ...renewal, seenHost }, false, 11_000);
    expect(seenAt('127.0.0.1').phase).toBe('joined');
    expect(seenAt('192.168.7.3')).toEqual(startApart(11_000));
  });

  test('takes a list that the index cut to its quota for what it is', () => {
    const cut = afterPublish(joined, { takenFileCount: 1, removedFileCount: 0, fileCount: 6 }, true, 2_000);
    expect(afterRenewal(cut, { ...renewal, fileCount: 6 }, false, 11_000).phase).toBe('joined');
  });

  test('joins again soon when the index forgot it, and after a while when the index is away', () => {
    expect(afterFailure(joined, error('LEASE_UNKNOWN'), 0, 0.5)).toEqual({
      phase: 'apart',
      failures: 0,
      joinAtMs: 250,
    });
    expect(afterFailure(joined, error('TIMED_OUT'), 0, 0)).toEqual({ phase: 'apart', failures: 1, joinAtMs: 500 });
  });

  test('cannot be made to call without a pause by an index that asks for it', () => {
    const hasty = afterJoin({ ...lease, renewIntervalMs: 0 }, true, 0);
    expect(nextStep(hasty, false).atMs).toBe(100);
    expect(nextStep(afterRenewal(hasty, { ...renewal, renewIntervalMs: -1 }, false, 0), false).atMs).toBe(100);
  });
});
