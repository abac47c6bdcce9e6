import { describe, expect, test } from '@jest/globals';
import { seededRandom } from '../../../tests/support/seeded-random.ts';
import { type PlannedRequest, SwarmPlanner, type SwarmPlannerInit } from '../src/swarm.ts';

const mib = 1024 * 1024;

function planner(pieceCount: number, init: Partial<SwarmPlannerInit> = {}): SwarmPlanner {
  const pieceLengthBytes = init.pieceLengthBytes ?? mib;
  const sizeBytes = pieceCount * pieceLengthBytes;
  return new SwarmPlanner({
    pieceCount,
    pieceLengthBytes,
    sizeBytes,
    random: seededRandom(1),
    order: 'rarest',
    ...init,
  });
}

/** Has a source bring so many bytes a second for two seconds, whatever it is asked; then all of it is given back. */
function warmUp(plan: SwarmPlanner, id: string, bytesPerSecond: number, fromMs: number): void {
  const request = asked(plan.next(id, fromMs));
  for (let ms = 100; ms <= 2_000; ms += 100) plan.received(request.requestId, bytesPerSecond / 10, fromMs + ms);
  plan.ended(request.requestId, fromMs + 2_000);
}

function asked(request: PlannedRequest | undefined): PlannedRequest {
  if (request === undefined) throw new Error('nothing was planned');
  return request;
}

const length = ({ first, end }: PlannedRequest): number => end - first;
const range = (first: number, end: number): number[] => Array.from({ length: end - first }, (_, step) => first + step);

describe('rarest first', () => {
  test('a piece that one source has is asked for before those that two have', () => {
    const plan = planner(10);
    plan.addSource('a', range(0, 10), 0);
    plan.addSource('b', [0, 1, 2, 3, 4, 6, 7, 8, 9], 0);
    expect(plan.next('a', 0)).toMatchObject({ first: 5, end: 6 });
  });

  test('what a source tells later, or takes with it, counts', () => {
    const plan = planner(3);
    plan.addSource('a', range(0, 3), 0);
    plan.addSource('b', [0, 1], 0);
    plan.addSource('c', [2], 0);
    plan.have('c', [1]);
    plan.have('b', [2]);
    expect(plan.next('a', 0)).toMatchObject({ first: 0 });
    plan.removeSource('c', 0);
    plan.removeSource('b', 0);
    plan.addSource('d', [1], 0);
    expect(plan.next('a', 0)).toMatchObject({ first: 2 });
  });

  test('of equally rare pieces one is taken at random', () => {
    const firsts = new Set<number>();
    for (let seed = 0; seed < 200; seed++) {
      const plan = planner(8, { random: seededRandom(seed) });
      plan.addSource('a', range(0, 8), 0);
      plan.addSource('b', range(0, 8), 0);
      firsts.add(asked(plan.next('a', 0)).first);
    }
    expect([...firsts].toSorted((a, b) => a - b)).toEqual(range(0, 8));
  });

  test('what a source sends to somebody else now is asked for last, until a holder of it turns up or 30 s are over', () => {
    const plan = planner(4);
    plan.addSource('seed', 'all', 0);
    plan.underway('seed', [0, 1, 3], 0);
    expect(plan.next('seed', 0)).toMatchObject({ first: 2, end: 3 });
    plan.addSource('b', [0], 0);
    plan.addSource('c', [0], 0);
    const second = asked(plan.next('seed', 0));
    expect([1, 3]).toContain(second.first);
    const again = planner(2);
    again.addSource('seed', 'all', 0);
    again.addSource('b', [1], 0);
    again.underway('seed', [0, 0], 0);
    expect(again.next('seed', 29_999)).toMatchObject({ first: 1 });
    const later = planner(2);
    later.addSource('seed', 'all', 0);
    later.addSource('b', [1], 0);
    later.underway('seed', [0, 0], 0);
    expect(later.next('seed', 30_000)).toMatchObject({ first: 0 });
  });

  test('a source with few pieces of a large file is asked for the rarest of them', () => {
    const plan = planner(8_192);
    plan.addSource('a', [100, 8_000], 0);
    plan.addSource('b', [100], 0);
    plan.addSource('c', [100, 8_000], 0);
    for (let ms = 0; ms < 50; ms++) {
      const request = asked(plan.next('a', ms));
      expect(request.first).toBe(8_000);
      plan.ended(request.requestId, ms);
    }
  });
});

describe('a request is as long as', () => {
  test('2 MiB, at first, for a whole source that is the only one', () => {
    const plan = planner(1_000);
    plan.addSource('a', 'all', 0);
    const request = asked(plan.next('a', 0));
    expect(length(request)).toBe(2);
    expect(request.first % 2).toBe(0);
  });

  test('one MiB, at first, for a new source among others', () => {
    const plan = planner(1_000);
    plan.addSource('a', 'all', 0);
    plan.addSource('b', 'all', 0);
    expect(length(asked(plan.next('b', 0)))).toBe(1);
  });

  test('three quarters of a second of what the source brings, on each of its connections its part', () => {
    const plan = planner(8_192);
    plan.addSource('fast', 'all', 0);
    plan.addSource('slow', 'all', 0);
    warmUp(plan, 'fast', 20 * mib, 0);
    warmUp(plan, 'slow', 2 * mib, 0);
    expect(length(asked(plan.next('fast', 2_000)))).toBe(15);
    expect(length(asked(plan.next('fast', 2_000)))).toBe(7);
    expect(length(asked(plan.next('slow', 2_000)))).toBe(1);
  });

  test('32 MiB at the most, and a piece at the least', () => {
    const plan = planner(8_192);
    plan.addSource('a', 'all', 0);
    warmUp(plan, 'a', 500 * mib, 0);
    expect(length(asked(plan.next('a', 2_000)))).toBe(32);
    const large = planner(100, { pieceLengthBytes: 16 * mib });
    large.addSource('a', 'all', 0);
    large.addSource('b', 'all', 0);
    expect(length(asked(large.next('a', 0)))).toBe(1);
  });

  test('a part of what is left, towards the end: all sources end together', () => {
    const plan = planner(16);
    plan.addSource('a', 'all', 0);
    plan.addSource('b', 'all', 0);
    warmUp(plan, 'a', 50 * mib, 0);
    warmUp(plan, 'b', 50 * mib, 0);
    expect(length(asked(plan.next('a', 2_000)))).toBe(4);
  });
});

describe('with whole sources only', () => {
  test('runs begin at multiples of their length, anywhere in the file, and leave no gaps', () => {
    const plan = planner(256);
    plan.addSource('a', 'all', 0);
    const firsts: number[] = [];
    for (let request = plan.next('a', 0); request !== undefined; request = plan.next('a', 0)) {
      firsts.push(request.first);
      if (firsts.length <= 16) expect(length(request)).toBeGreaterThanOrEqual(1);
    }
    expect(firsts.slice(0, 4)).not.toEqual([0, 8, 16, 24]);
    expect(firsts[0]).toBeDefined();
    expect(new Set(firsts).size).toBe(firsts.length);
  });

  test('two downloaders at once take different parts', () => {
    const runs = [1, 2].map((seed) => {
      const plan = planner(1_024, { random: seededRandom(seed) });
      plan.addSource('a', 'all', 0);
      return range(0, 10).map(() => asked(plan.next('a', 0)).first);
    });
    expect(new Set(runs.flat()).size).toBeGreaterThan(15);
  });
});

describe('in sequential order', () => {
  test('the first missing pieces are asked for first, and no more than 64 MiB ahead', () => {
    const plan = planner(1_000, { order: 'sequential', verified: [0, 1, 3] });
    plan.addSource('a', 'all', 0);
    plan.addSource('b', 'all', 0);
    expect(plan.next('a', 0)).toMatchObject({ first: 2, end: 3 });
    expect(plan.next('b', 0)).toMatchObject({ first: 4, end: 5 });
    let last = 0;
    for (let request = plan.next('a', 0); request !== undefined; request = plan.next('a', 0)) last = request.end;
    expect(last).toBe(2 + 64);
    plan.verified(2);
    expect(plan.next('a', 0)).toMatchObject({ first: 66, end: 67 });
  });

  describe('of who keeps only some pieces', () => {
    /** Everything is asked for that may be, and verified at once. */
    function bringAll(plan: SwarmPlanner, nowMs = 0): number {
      let last = 0;
      for (let request = plan.next('a', nowMs); request !== undefined; request = plan.next('a', nowMs)) {
        last = request.end;
        for (const piece of range(request.first, request.end)) plan.verified(piece, request.requestId);
        plan.ended(request.requestId, nowMs);
      }
      return last;
    }

    test('no piece is asked for that has no room yet, however much is verified', () => {
      let firstKept = 0;
      const plan = planner(200, { order: 'sequential', firstKept: () => firstKept });
      plan.addSource('a', 'all', 0);
      expect(plan.isHeldBack).toBe(false);
      expect(bringAll(plan)).toBe(64);
      expect(plan.isHeldBack).toBe(true);
      // Room is given in steps: a request for each piece that is read would be many.
      firstKept = 7;
      expect([plan.next('a', 0), plan.isHeldBack]).toEqual([undefined, true]);
      firstKept = 8;
      expect(plan.isHeldBack).toBe(false);
      expect(bringAll(plan)).toBe(72);
      firstKept = 199;
      expect(bringAll(plan)).toBe(200);
      expect([plan.isComplete, plan.isHeldBack]).toEqual([true, false]);
    });

    test('of large pieces there is room for eight', () => {
      const plan = planner(20, { order: 'sequential', pieceLengthBytes: 16 * mib, firstKept: () => 1 });
      plan.addSource('a', 'all', 0);
      expect(bringAll(plan)).toBe(9);
    });

    test('nothing is done twice while the reader has half of it before it', () => {
      let firstKept = 0;
      const plan = planner(1_000, { order: 'sequential', firstKept: () => firstKept });
      plan.addSource('slow', 'all', 0);
      warmUp(plan, 'slow', 2 * mib, 0);
      plan.addSource('a', 'all', 2_000);
      warmUp(plan, 'a', 20 * mib, 2_000);
      for (const piece of range(0, 40)) plan.verified(piece);
      expect(plan.next('slow', 4_000)).toMatchObject({ first: 40, end: 41 });
      // By then the slow one has stalled.
      expect(bringAll(plan, 7_000)).toBe(64);
      firstKept = 8;
      expect(bringAll(plan, 7_000)).toBe(41);
      expect(plan.isVerified(40)).toBe(true);
    });
  });
});

describe("a slower source's work", () => {
  /** Both sources are known, and the slow one has the last four pieces. */
  function atTheEnd(slowBytesPerSecond: number, fastBytesPerSecond: number, pieceCount = 4) {
    const plan = planner(pieceCount);
    plan.addSource('slow', 'all', 0);
    plan.addSource('fast', 'all', 0);
    warmUp(plan, 'slow', slowBytesPerSecond, 0);
    warmUp(plan, 'fast', fastBytesPerSecond, 0);
    const slow: PlannedRequest[] = [];
    for (let request = plan.next('slow', 2_000); request !== undefined; request = plan.next('slow', 2_000)) {
      slow.push(request);
    }
    return { plan, slow };
  }

  test('is done by a faster one that has nothing else to do, from its end on', () => {
    const { plan, slow } = atTheEnd(mib, 20 * mib);
    expect(slow.length).toBe(4);
    const taken = asked(plan.next('fast', 2_000));
    expect(length(taken)).toBe(1);
    expect(plan.verified(taken.first, taken.requestId)).toContain(taken.requestId);
  });

  test('then needs not go on: its request is among those to be cancelled', () => {
    const { plan, slow } = atTheEnd(mib, 20 * mib);
    const taken = asked(plan.next('fast', 2_000));
    const doubled = asked(slow.find(({ first }) => first === taken.first));
    expect(plan.verified(taken.first, taken.requestId)).toEqual([doubled.requestId, taken.requestId]);
  });

  test('is left to it when it is earlier', () => {
    const { plan } = atTheEnd(20 * mib, 2 * mib);
    expect(plan.next('fast', 2_000)).toBeUndefined();
  });

  test('is not taken while there is other work', () => {
    const plan = planner(3);
    plan.addSource('a', 'all', 0);
    plan.addSource('b', 'all', 0);
    const taken = [asked(plan.next('a', 0)), asked(plan.next('b', 0)), asked(plan.next('b', 0))];
    expect(new Set(taken.map(({ first }) => first)).size).toBe(3);
    expect(plan.next('b', 0)).toBeUndefined();
  });

  test('is held by two at the most', () => {
    const { plan } = atTheEnd(mib / 4, 20 * mib, 1);
    plan.addSource('third', 'all', 2_000);
    expect(plan.next('fast', 2_000)).toMatchObject({ first: 0, end: 1 });
    expect(plan.next('third', 2_000)).toBeUndefined();
  });

  test('is taken wholly when it brings nothing any more', () => {
    const plan = planner(2);
    plan.addSource('stalled', 'all', 0);
    const request = asked(plan.next('stalled', 0));
    expect(length(request)).toBe(2);
    plan.addSource('other', 'all', 0);
    plan.received(request.requestId, mib, 300);
    expect(plan.next('other', 2_000)).toMatchObject({ first: 0, end: 2 });
    expect(plan.figures(2_000)[0]).toMatchObject({ id: 'stalled', stalls: 1, isStalled: true, bytesPerSecond: 0 });
  });

  test('delays completion by its pieces in flight at the most', () => {
    const plan = planner(64);
    for (const id of ['stalled', 'good']) plan.addSource(id, 'all', 0);
    const held = asked(plan.next('stalled', 0));
    let nowMs = 0;
    for (; !plan.isComplete && nowMs < 60_000; ) {
      const request = plan.next('good', nowMs);
      if (request === undefined) {
        nowMs += 250;
        continue;
      }
      for (let piece = request.first; piece < request.end; piece++) {
        nowMs += 50;
        plan.received(request.requestId, mib, nowMs);
        plan.verified(piece, request.requestId);
      }
      plan.ended(request.requestId, nowMs);
    }
    expect(length(held)).toBe(1);
    expect(nowMs).toBeLessThan(64 * 50 + 251);
  });
});

describe('a piece', () => {
  test('of a request that failed is asked for again, except those that came', () => {
    const plan = planner(8);
    plan.addSource('a', 'all', 0);
    const request = asked(plan.next('a', 0));
    expect(length(request)).toBe(2);
    plan.verified(request.first, request.requestId);
    plan.ended(request.requestId, 10);
    expect(plan.remainingBytes).toBe(7 * mib);
    const again = range(0, 8).flatMap(() => {
      const next = plan.next('a', 10);
      return next === undefined ? [] : range(next.first, next.end);
    });
    expect(again.toSorted((a, b) => a - b)).toEqual(range(0, 8).filter((piece) => piece !== request.first));
  });

  test('of a source that is removed is asked of another one', () => {
    const plan = planner(1);
    plan.addSource('a', 'all', 0);
    plan.addSource('b', 'all', 0);
    const request = asked(plan.next('a', 0));
    expect(plan.next('b', 0)).toBeUndefined();
    expect(plan.removeSource('a', 0)).toEqual([request.requestId]);
    expect(plan.next('b', 0)).toMatchObject({ first: 0, end: 1 });
    expect(plan.next('a', 0)).toBeUndefined();
  });

  test('that is found elsewhere (on this machine) ends the requests for it', () => {
    const plan = planner(1);
    plan.addSource('a', 'all', 0);
    const request = asked(plan.next('a', 0));
    expect(plan.verified(0)).toEqual([request.requestId]);
    expect(plan.isComplete).toBe(true);
  });

  test('that is no piece is passed over', () => {
    const plan = planner(2);
    plan.addSource('a', [-1, 0.5, 7, Number.NaN, 1], 0);
    plan.have('a', [2, 99]);
    plan.underway('a', [-5, 0, 88], 0);
    expect(plan.verified(9)).toEqual([]);
    expect(plan.next('a', 0)).toMatchObject({ first: 1, end: 2 });
    expect(plan.next('a', 0)).toBeUndefined();
  });
});

describe('the figures', () => {
  test('say what each source brought, and whether it is of use', () => {
    const plan = new SwarmPlanner({
      pieceCount: 2,
      pieceLengthBytes: mib,
      sizeBytes: mib + 5,
      random: () => 0.99,
      order: 'rarest',
    });
    plan.addSource('a', [1], 0);
    plan.addSource('b', [], 0);
    expect([plan.isUseful('a'), plan.isUseful('b'), plan.isUseful('c')]).toEqual([true, false, false]);
    const request = asked(plan.next('a', 0));
    plan.received(request.requestId, 5, 100);
    expect(plan.verified(1, request.requestId)).toEqual([request.requestId]);
    plan.ended(request.requestId, 100);
    const figures = { receivedBytes: 5, verifiedBytes: 5, requests: 1, running: 0, stalls: 0, isWhole: false };
    expect(plan.figures(100)[0]).toMatchObject({ id: 'a', ...figures });
    expect(plan.figures(100)[0]?.bytesPerSecond).toBeCloseTo(50, -1);
    expect(plan.remainingBytes).toBe(mib);
    expect(plan.isUseful('a')).toBe(false);
  });

  test('of an empty file are those of one that is complete', () => {
    const plan = planner(0);
    plan.addSource('a', 'all', 0);
    expect([plan.isComplete, plan.remainingBytes, plan.next('a', 0)]).toEqual([true, 0, undefined]);
  });
});
