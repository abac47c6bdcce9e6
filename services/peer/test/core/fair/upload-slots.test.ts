import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { SmallLanes } from '../../../src/core/fair/small-lanes.ts';
import { type Refusal, type SlotTurn, UploadSlots } from '../../../src/core/fair/upload-slots.ts';
import {
  idleSlotMs,
  maxQueuedTransfers,
  maxQueuedTransfersPerCaller,
  uploadTurnBytes,
} from '../../../src/core/limits.ts';

const turnMs = 30_000;
const one = (id: string, caller = 'a') => ({ caller, id });
const slotsOf = (count: number): UploadSlots => new UploadSlots({ count, turnMs });

function turnOf(entry: { turn: SlotTurn } | Refusal): SlotTurn {
  if ('turn' in entry) return entry.turn;
  throw new Error(`it was refused, with place ${entry.place}`);
}

function refusalOf(entry: { turn: SlotTurn } | Refusal): Refusal {
  if ('turn' in entry) throw new Error('it was let in');
  return entry;
}

const stepMs = 200;

/** Asks for a transfer again and again, when it is told to, until it has all of it. */
class Client {
  readonly #slots: UploadSlots;
  readonly #transfer: { caller: string; id: string };
  #restMs: number;
  #dueMs = 0;
  #turn: SlotTurn | undefined;

  constructor(slots: UploadSlots, transfer: { caller: string; id: string }, restMs: number) {
    this.#slots = slots;
    this.#transfer = transfer;
    this.#restMs = restMs;
  }

  get isDone(): boolean {
    return this.#restMs <= 0;
  }

  step(nowMs: number): void {
    if (this.#turn !== undefined) this.#goOn(this.#turn, nowMs);
    else if (!this.isDone && this.#dueMs <= nowMs) this.#ask(nowMs);
  }

  #ask(nowMs: number): void {
    const entry = this.#slots.enter(this.#transfer, nowMs);
    if ('turn' in entry) this.#turn = entry.turn;
    else this.#dueMs = nowMs + entry.retryDelayMs;
  }

  #goOn(turn: SlotTurn, nowMs: number): void {
    this.#restMs -= stepMs;
    turn.bytes += 1;
    if (!this.isDone && this.#slots.fateOf(turn, nowMs) === 'go') return;
    if (!this.isDone) this.#dueMs = nowMs + this.#slots.placeAfter(turn, nowMs).retryDelayMs;
    this.#slots.left(turn, this.isDone ? 0 : Number.POSITIVE_INFINITY, nowMs);
    this.#turn = undefined;
  }
}

describe('upload slots', () => {
  test('let in as many transfers as there are slots, and of each as many streams as come', () => {
    const slots = slotsOf(2);
    const first = turnOf(slots.enter(one('1'), 0));
    expect(turnOf(slots.enter(one('1'), 1))).toBe(first);
    turnOf(slots.enter(one('2'), 2));
    expect(refusalOf(slots.enter(one('3'), 3))).toMatchObject({ place: 1 });
    expect(refusalOf(slots.enter(one('4'), 4))).toMatchObject({ place: 2 });
    expect(refusalOf(slots.enter(one('3'), 5))).toMatchObject({ place: 1 });
    expect(slots.state(6)).toEqual({ taken: 2, waiting: 2 });
  });

  test('are free when the last stream of a transfer has ended and it asks for nothing more', () => {
    const slots = slotsOf(1);
    const turn = turnOf(slots.enter(one('1'), 0));
    turnOf(slots.enter(one('1'), 0));
    slots.left(turn, 1_000, 10);
    refusalOf(slots.enter(one('2'), 1_000));
    slots.left(turn, 1_000, 1_100);
    refusalOf(slots.enter(one('2'), 1_100 + idleSlotMs - 1));
    turnOf(slots.enter(one('2'), 1_100 + idleSlotMs));
  });

  test('are free at once when all of the file has left', () => {
    const slots = slotsOf(1);
    const turn = turnOf(slots.enter(one('1'), 0));
    turn.bytes += 1_000;
    refusalOf(slots.enter(one('2'), 0));
    slots.left(turn, 1_000, 10);
    turnOf(slots.enter(one('2'), 10));
  });

  test('are kept for who is next and comes back soon; who does not loses its place', () => {
    const slots = slotsOf(1);
    const turn = turnOf(slots.enter(one('1'), 0));
    turn.bytes += 1;
    const { retryDelayMs } = refusalOf(slots.enter(one('2'), 0));
    expect(retryDelayMs).toBeLessThanOrEqual(1_000);
    expect(refusalOf(slots.enter(one('3'), 1)).place).toBe(2);
    slots.left(turn, 1, 200);
    expect(refusalOf(slots.enter(one('3'), 201)).place).toBe(2);
    // It has not come, twice as long as it was told and some more.
    turnOf(slots.enter(one('3'), 2 * retryDelayMs + 2_001));
    expect(refusalOf(slots.enter(one('2'), 2 * retryDelayMs + 2_002)).place).toBe(1);
  });

  test('wait for nobody who is to come back much later', () => {
    const slots = slotsOf(1);
    const through = (id: string, fromMs: number, untilMs: number): void => {
      const turn = turnOf(slots.enter(one(id), fromMs));
      turn.bytes += 1;
      refusalOf(slots.enter(one('waits'), untilMs));
      slots.left(turn, 1, untilMs);
    };
    // Slots become free every 20 s, so that even the next one is told to come back after a second.
    through('0', 0, 1);
    turnOf(slots.enter(one('waits'), 1));
    const turn = turnOf(slots.enter(one('waits'), 2));
    refusalOf(slots.enter(one('away'), 20_000));
    turn.bytes += 1;
    slots.left(turn, 0, 20_001);
    slots.left(turn, 0, 20_001);
    const next = turnOf(slots.enter(one('away'), 20_002));
    expect(refusalOf(slots.enter(one('waits'), 20_003)).retryDelayMs).toBe(1_000);
    next.bytes += 1;
    slots.left(next, 1, 20_100);
    expect(turnOf(slots.enter(one('new'), 20_101)).key).toBe('a new');
  });

  test('are given back after a turn when somebody waits, and not otherwise', () => {
    const slots = slotsOf(1);
    const turn = turnOf(slots.enter(one('1'), 0));
    expect(slots.fateOf(turn, turnMs * 10)).toBe('go');
    turnOf(slots.enter(one('1'), turnMs * 10));
    const begun = turnMs * 10;
    refusalOf(slots.enter(one('2'), begun));
    // The turn is over by far: another one waits now.
    expect(slots.fateOf(turn, begun)).toBe('end');
    expect(refusalOf(slots.placeAfter(turn, begun)).place).toBe(2);
    turnOf(slots.enter(one('2'), begun + 1));
    expect(refusalOf(slots.enter(one('1'), begun + 2)).place).toBe(1);
  });

  test('end a turn at the end of a piece, by the clock or by the bytes', () => {
    const byTime = slotsOf(1);
    const first = turnOf(byTime.enter(one('1'), 0));
    refusalOf(byTime.enter(one('2'), turnMs - 1));
    expect(byTime.fateOf(first, turnMs - 1)).toBe('go');
    expect(byTime.fateOf(first, turnMs)).toBe('end-soon');
    expect(byTime.fateOf(first, turnMs * 1.5)).toBe('end');
    // No new stream of it begins meanwhile.
    expect(refusalOf(byTime.enter(one('1'), turnMs)).place).toBe(2);

    const byBytes = slotsOf(1);
    const other = turnOf(byBytes.enter(one('1'), 0));
    refusalOf(byBytes.enter(one('2'), 1));
    other.bytes = uploadTurnBytes;
    expect(byBytes.fateOf(other, 1)).toBe('end-soon');
    other.bytes = uploadTurnBytes * 1.5;
    expect(byBytes.fateOf(other, 1)).toBe('end');
  });

  test('are free in spite of a transfer that reads nothing any more, whose streams end some time', () => {
    const slots = slotsOf(1);
    const stalled = turnOf(slots.enter(one('1'), 0));
    let nowMs = 0;
    for (; nowMs < turnMs * 1.5; nowMs += 500) refusalOf(slots.enter(one('2'), nowMs));
    const next = turnOf(slots.enter(one('2'), nowMs));
    expect(slots.fateOf(stalled, nowMs)).toBe('end');
    slots.left(stalled, 1, nowMs);
    expect(slots.fateOf(next, nowMs)).toBe('go');
    expect(slots.state(nowMs).taken).toBe(1);
  });

  test('give a caller that invents transfers no more than another one has', () => {
    const slots = slotsOf(4);
    const held = Array.from({ length: 4 }, (_, index) => turnOf(slots.enter(one(`${index}`, 'many'), 0)));
    for (let index = 4; index < 100; index++) refusalOf(slots.enter(one(`${index}`, 'many'), 1));
    // It comes last, and is next.
    expect(refusalOf(slots.enter(one('x', 'single'), 2)).place).toBe(1);
    expect(refusalOf(slots.enter(one('y', 'single'), 2)).place).toBe(2);
    const [first] = held;
    if (first === undefined) throw new Error('there are four');
    first.bytes = 1;
    slots.left(first, 1, 100);
    refusalOf(slots.enter(one('4', 'many'), 100));
    turnOf(slots.enter(one('x', 'single'), 101));
  });

  test('have a queue with a bound, together and for each caller', () => {
    const slots = slotsOf(1);
    turnOf(slots.enter(one('x', 'x'), 0));
    for (let index = 0; index < maxQueuedTransfersPerCaller; index++) refusalOf(slots.enter(one(`${index}`), 0));
    expect(refusalOf(slots.enter(one('more'), 0)).place).toBeUndefined();
    for (let index = maxQueuedTransfersPerCaller; index < maxQueuedTransfers; index++) {
      expect(refusalOf(slots.enter(one(`${index}`, 'b'), 0)).place).toBeDefined();
    }
    const { place, retryDelayMs } = refusalOf(slots.enter(one('c', 'c'), 0));
    expect([place, slots.state(0).waiting]).toEqual([undefined, maxQueuedTransfers]);
    expect(retryDelayMs).toBeGreaterThan(0);
  });

  test('serve everybody who comes back when told to, whatever they take, and never more at once than there are slots', () => {
    const situation = fc.record({
      count: fc.integer({ min: 1, max: 8 }),
      transferMs: fc.array(fc.integer({ min: 1, max: 60_000 }), { minLength: 1, maxLength: 30 }),
      callers: fc.integer({ min: 1, max: 3 }),
    });
    fc.assert(
      fc.property(situation, ({ count, transferMs, callers }) => {
        const slots = slotsOf(count);
        const clients = transferMs.map((restMs, id) => new Client(slots, one(`${id}`, `c${id % callers}`), restMs));
        // Nobody waits for longer than all others' transfers take one by one, and a little for each turn.
        const mostMs = transferMs.reduce((sum, ms) => sum + ms + 20_000, 60_000);
        for (let nowMs = 0; clients.some(({ isDone }) => !isDone); nowMs += stepMs) {
          expect(nowMs).toBeLessThan(mostMs);
          for (const client of clients) client.step(nowMs);
          expect(slots.state(nowMs).taken).toBeLessThanOrEqual(count);
        }
      }),
      { numRuns: 20 },
    );
  });
});

describe('lanes for small requests', () => {
  test('are given to whoever has the fewest, in the order in which they came', () => {
    const lanes = new SmallLanes(2);
    const begun: string[] = [];
    const enter = (caller: string, name: string) => lanes.enter(caller, () => begun.push(name));
    const leaves = [enter('a', 'a1'), enter('a', 'a2'), enter('a', 'a3'), enter('a', 'a4'), enter('b', 'b1')];
    expect(begun).toEqual(['a1', 'a2']);
    leaves[0]?.();
    leaves[0]?.();
    expect(begun).toEqual(['a1', 'a2', 'b1']);
    // Who gives up waits no more.
    leaves[2]?.();
    leaves[1]?.();
    expect(begun).toEqual(['a1', 'a2', 'b1', 'a4']);
  });

  test('let so many wait for them and no more', () => {
    const lanes = new SmallLanes(1);
    lanes.enter('a', () => {});
    for (let index = 0; index < 768; index++) lanes.enter('a', () => {});
    expect(() => lanes.enter('a', () => {})).toThrow(
      expect.objectContaining({ reason: 'LIMIT_REACHED', metadata: { limit: 'maxWaitingSmallRequests' } }),
    );
    lanes.enter('b', () => {});
  });
});
