import type { CardumeError, Lease, PublishResult, Renewal } from '@cardume/client';
import { backoffMs, minBackoffMs } from './backoff.ts';
import { publishDelayMs } from './limits.ts';

/**
 * What a peer is to its index: apart from it, or joined.
 *
 * ```
 *   apart ── join answered ──▶ joined ─┐
 *     ▲                          ▲     │ renewed, published
 *     │                          └─────┘
 *     └── any failure, a lease unknown, a list cut short
 * ```
 *
 * Everything here is pure: {@link nextStep} says what to do and when, the other functions say what came of it. Whoever
 * does it (keep-joined.ts) brings the clock, the timers and the calls, one call at a time.
 */
export type Membership = Apart | Joined;

/** The index does not list this peer, or it may not. */
export interface Apart {
  phase: 'apart';
  /** How many attempts have failed in a row. */
  failures: number;
  /** When to join, on the clock of whoever drives this. */
  joinAtMs: number;
}

/** The index lists this peer. */
export interface Joined {
  phase: 'joined';
  lease: Lease;
  renewAtMs: number;
  /** When changes may be sent next. */
  publishAtMs: number;
  /** How many files the index says it lists; undefined while it has not been told of all. */
  listedCount: number | undefined;
}

/** What to do next, and when: at once when the time has passed. */
export interface Step {
  action: 'join' | 'renew' | 'publish';
  atMs: number;
}

/** Where a peer begins: joining at once. */
export function startApart(nowMs: number): Apart {
  return { phase: 'apart', failures: 0, joinAtMs: nowMs };
}

/** @param hasChanges whether the index is still to be told of something */
export function nextStep(state: Membership, hasChanges: boolean): Step {
  if (state.phase === 'apart') return { action: 'join', atMs: state.joinAtMs };
  const publishFirst = hasChanges && state.publishAtMs < state.renewAtMs;
  return publishFirst ? { action: 'publish', atMs: state.publishAtMs } : { action: 'renew', atMs: state.renewAtMs };
}

/** @param complete whether the index was told of the whole list with the join */
export function afterJoin(lease: Lease, complete: boolean, nowMs: number): Joined {
  return {
    phase: 'joined',
    lease,
    renewAtMs: nowMs + boundedIntervalMs(lease.renewIntervalMs),
    publishAtMs: nowMs,
    listedCount: !complete ? undefined : lease.listKept ? lease.fileCount : lease.takenFileCount,
  };
}

/**
 * A list that is not as the index left it was lost in part there, and only joining again makes it whole; so it does when the peer is
 * seen elsewhere than others are told.
 *
 * @param renewal without `seenHost` when others are told where to dial whatever the index sees
 */
export function afterRenewal(
  state: Joined,
  renewal: Omit<Renewal, 'revoked'>,
  hasChanges: boolean,
  nowMs: number,
): Membership {
  const cutShort = !hasChanges && state.listedCount !== undefined && state.listedCount !== renewal.fileCount;
  const hasMoved = renewal.seenHost !== undefined && renewal.seenHost !== state.lease.host;
  if (cutShort || hasMoved) return startApart(nowMs);
  return { ...state, renewAtMs: nowMs + boundedIntervalMs(renewal.renewIntervalMs) };
}

/** @param complete whether the index has now been told of everything */
export function afterPublish(state: Joined, result: PublishResult, complete: boolean, nowMs: number): Joined {
  return {
    ...state,
    publishAtMs: complete ? nowMs + publishDelayMs : nowMs,
    listedCount: complete ? result.fileCount : undefined,
  };
}

/**
 * After a call that failed: apart, and another attempt after a while. An index that merely forgot the lease is joined
 * again soon; one that holds a live lease of this id, which another process has, says itself how long that lasts.
 *
 * @param random 0 to 1
 */
export function afterFailure(state: Membership, error: CardumeError, nowMs: number, random: number): Apart {
  const failures = state.phase === 'apart' ? state.failures + 1 : 1;
  if (state.phase === 'joined' && error.reason === 'LEASE_UNKNOWN') {
    return { phase: 'apart', failures: 0, joinAtMs: nowMs + Math.round(minBackoffMs * random) };
  }
  const waitMs = Math.max(backoffMs(failures, random), Math.min(error.retryDelayMs ?? 0, longestAskedWaitMs));
  return { phase: 'apart', failures, joinAtMs: nowMs + waitMs };
}

// An index may be hostile or mistaken: it can neither keep a peer away for ever nor make it call without a pause.
const longestAskedWaitMs = 5 * 60_000;
const shortestRenewIntervalMs = 100;

function boundedIntervalMs(intervalMs: number): number {
  return Math.min(Math.max(intervalMs, shortestRenewIntervalMs), longestAskedWaitMs);
}
