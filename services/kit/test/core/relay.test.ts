import { describe, expect, test } from '@jest/globals';
import { failureOf } from '../../../../tests/support/failure-of.ts';
import { Switchboard } from '../../src/core/relay/switchboard.ts';
import { UserRates } from '../../src/core/relay/user-rates.ts';
import { WindowBudget } from '../../src/core/relay/window-budget.ts';
import { WindowGrowth } from '../../src/core/relay/window-growth.ts';

/** Time that passes when the test says so. */
function manualTime() {
  let nowMs = 0;
  let tasks: { atMs: number; task: () => void }[] = [];
  return {
    nowMs: () => nowMs,
    after(delayMs: number, task: () => void) {
      const entry = { atMs: nowMs + delayMs, task };
      tasks.push(entry);
      return () => {
        tasks = tasks.filter((other) => other !== entry);
      };
    },
    pass(ms: number) {
      nowMs += ms;
      for (const due of tasks.filter(({ atMs }) => atMs <= nowMs)) {
        tasks = tasks.filter((other) => other !== due);
        due.task();
      }
    },
    get waiting() {
      return tasks.length;
    },
  };
}

const peerId = 'a'.repeat(64);
const nowhere = async (): Promise<void> => {};
const unbounded = { take: (): number => 0, windows: { take: () => false, close: () => {} } };

function board() {
  const time = manualTime();
  let count = 0;
  const randomBytes = (bytes: number): Uint8Array => new Uint8Array(bytes).fill(++count);
  return { time, switchboard: new Switchboard({ ...time, randomBytes }) };
}

describe('a switchboard', () => {
  test('gives up a tunnel that is not accepted within 5 s', async () => {
    const { time, switchboard } = board();
    const { listener } = switchboard.listen(peerId);
    const tunnel = switchboard.connect(peerId, nowhere, unbounded);
    expect(await listener.next(1_000)).toEqual({ tunnelId: tunnel.id });
    time.pass(4_999);
    expect(tunnel.ended.aborted).toBe(false);
    time.pass(1);
    expect(await failureOf(() => tunnel.accepted)).toMatchObject({ reason: 'PEER_NOT_LISTENING' });
    expect(tunnel.ended.aborted).toBe(true);
    expect((await failureOf(async () => switchboard.take(tunnel.id, peerId))).reason).toBe('TUNNEL_UNKNOWN');
    expect({ tunnels: switchboard.tunnelCount, waiting: time.waiting }).toEqual({ tunnels: 0, waiting: 0 });
  });

  test('ends a tunnel through which nothing passes for two minutes, and no other', () => {
    const { time, switchboard } = board();
    switchboard.listen(peerId);
    const tunnel = switchboard.connect(peerId, nowhere, unbounded);
    switchboard.take(tunnel.id, peerId).accept(nowhere);
    time.pass(119_000);
    tunnel.passed(1);
    time.pass(119_000);
    expect(tunnel.ended.aborted).toBe(false);
    time.pass(1_000);
    expect(tunnel.ended.aborted).toBe(true);
    expect(switchboard.tunnelCount).toBe(0);
  });

  test('gives a tunnel to no other peer than the one that was asked for', async () => {
    const { switchboard } = board();
    switchboard.listen(peerId);
    const tunnel = switchboard.connect(peerId, nowhere, unbounded);
    const failure = await failureOf(async () => switchboard.take(tunnel.id, 'b'.repeat(64)));
    expect(failure.reason).toBe('TUNNEL_UNKNOWN');
    expect(switchboard.take(tunnel.id, peerId)).toBe(tunnel);
  });

  test('tells a peer that does not take what it is told of 64 callers, and refuses more', async () => {
    const { switchboard } = board();
    switchboard.listen(peerId);
    for (let caller = 0; caller < 64; caller++) switchboard.connect(peerId, nowhere, unbounded);
    const failure = await failureOf(async () => switchboard.connect(peerId, nowhere, unbounded));
    expect(failure).toMatchObject({ reason: 'LIMIT_REACHED', metadata: { limit: 'maxWaitingTunnelsPerPeer' } });
    expect(switchboard.tunnelCount).toBe(64);
  });

  test('says that a stream lives when nobody comes, and ends it when the same peer listens anew', async () => {
    const { time, switchboard } = board();
    const { listener, close } = switchboard.listen(peerId);
    const next = listener.next(15_000);
    time.pass(15_000);
    expect(await next).toEqual({ tunnelId: '' });
    const other = switchboard.listen(peerId);
    expect(await listener.next(15_000)).toBeUndefined();
    close();
    expect(switchboard.listenerCount).toBe(1);
    other.close();
    expect(switchboard.listenerCount).toBe(0);
  });
});

test('the tunnels of one user share a rate, and those of others do not', () => {
  const time = manualTime();
  const rates = new UserRates(1_000, time.nowMs);
  const [first, second, other] = [rates.open('ana'), rates.open('ana'), rates.open('rui')];
  time.pass(100);
  expect(first.take(1_100)).toBeCloseTo(1_000);
  expect(second.take(1_000)).toBeCloseTo(2_000);
  expect(other.take(100)).toBe(0);
  time.pass(3_000);
  expect(first.take(100)).toBe(0);
});

describe('the windows of tunnels', () => {
  const kib = 1024;

  test('are shared out to a user up to its bound, to all up to theirs, and given back', () => {
    const budget = new WindowBudget({ maxBytes: 100, maxBytesPerUser: 60 });
    const [first, second, other] = [budget.open('rui'), budget.open('rui'), budget.open('ana')];
    expect([first.take(40), second.take(21), second.take(20)]).toEqual([true, false, true]);
    expect([other.take(41), other.take(40)]).toEqual([false, true]);
    first.close();
    first.close();
    expect([first.take(1), second.take(40), second.take(1)]).toEqual([false, true, false]);
    second.close();
    other.close();
    expect(budget.takenBytes).toBe(0);
  });

  test('grow while an eighth of one passes in a round trip, up to 4 MiB', () => {
    const taken: number[] = [];
    const growth = new WindowGrowth({ take: (bytes) => taken.push(bytes) > 0 });
    const perRoundTrip = (passedBytes: number) =>
      growth.measured({ passedBytes: 5 * passedBytes, elapsedMs: 100, roundTripMs: 20 });
    expect(perRoundTrip(7 * kib)).toBeUndefined();
    expect(perRoundTrip(8 * kib)).toBe(256 * kib);
    expect(perRoundTrip(31 * kib)).toBeUndefined();
    expect(perRoundTrip(10_000 * kib)).toBe(1_024 * kib);
    expect(growth.isLargest).toBe(false);
    expect(perRoundTrip(128 * kib)).toBe(4_096 * kib);
    expect(growth.isLargest).toBe(true);
    expect(perRoundTrip(10_000 * kib)).toBeUndefined();
    expect(taken).toEqual([192 * kib, 768 * kib, 3_072 * kib]);
  });

  test('do not grow for what waits in queues, nor beyond what there is', () => {
    const growth = new WindowGrowth({ take: () => true });
    const measured = (passedBytes: number, roundTripMs: number) =>
      growth.measured({ passedBytes, elapsedMs: 1_000, roundTripMs });
    expect(measured(1, 20)).toBeUndefined();
    // It takes five times as long, and the path brings no more.
    expect(measured(50 * 7 * kib, 100)).toBeUndefined();
    expect(measured(50 * 8 * kib, 100)).toBe(256 * kib);
    const without = new WindowGrowth({ take: () => false });
    expect(without.measured({ passedBytes: 64 * kib, elapsedMs: 100, roundTripMs: 50 })).toBeUndefined();
  });

  test('are those of a path of 5 ms where it is shorter, since processes take that long', () => {
    const growth = new WindowGrowth({ take: () => true });
    expect(growth.measured({ passedBytes: 20 * 7 * kib, elapsedMs: 100, roundTripMs: 0.1 })).toBeUndefined();
    expect(growth.measured({ passedBytes: 20 * 8 * kib, elapsedMs: 100, roundTripMs: 0.1 })).toBe(256 * kib);
  });
});
