import { describe, expect, test } from '@jest/globals';
import { failureOf } from '../../../../tests/support/failure-of.ts';
import { Switchboard } from '../../src/core/relay/switchboard.ts';
import { UserRates } from '../../src/core/relay/user-rates.ts';

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
const unbounded = (): number => 0;

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
