import { PieceSet } from '@cardume/client';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  maxHintedPiecesPerDownload,
  maxPieceChangesKept,
  maxPieceRunsPerMessage,
  minPieceNewsIntervalMs,
} from '../../src/core/limits.ts';
import type { Held, PieceWatcher } from '../../src/core/pieces/piece-board.ts';
import { PieceBoards, type Sending } from '../../src/core/pieces/piece-boards.ts';
import type { PiecesChange, PiecesState } from '../../src/core/pieces/piece-news.ts';

const mib = 1024 * 1024;
const never = new AbortController().signal;

/** Boards of one file of so many pieces, with a clock of the test's own. */
function createBoards(count: number) {
  let nowMs = 0;
  const timers = new Map<() => void, number>();
  const state = { held: new PieceSet(count) as Held | undefined };
  const sizeBytes = count * mib;
  const boards = new PieceBoards({
    held: () => (state.held === undefined ? undefined : { sizeBytes, held: state.held }),
    nowMs: () => nowMs,
    after(delayMs, task) {
      timers.set(task, nowMs + delayMs);
      return () => timers.delete(task);
    },
  });
  return {
    boards,
    state,
    timers,
    pass(ms: number) {
      nowMs += ms;
      for (const [task, atMs] of [...timers]) {
        if (atMs > nowMs) continue;
        timers.delete(task);
        task();
      }
    },
    add(first: number, end = first + 1) {
      if (state.held === undefined || state.held === 'all') throw new Error('it has no pieces');
      for (let piece = first; piece < end; piece++) state.held.add(piece);
      boards.added('d', { first, end });
    },
    send: (first: number, end: number): Sending =>
      boards.sending('d', sizeBytes, { start: first * mib, end: end * mib }),
  };
}

/** What a watcher knows who puts together what it is told. */
class Known {
  readonly #watcher: PieceWatcher;
  have = new Set<number>();
  underway = new Set<number>();
  complete = false;
  stateCount = 0;

  constructor(watcher: PieceWatcher) {
    this.#watcher = watcher;
  }

  /** Takes up to `count` messages that are there; fewer when there are fewer. */
  async take(count = Number.POSITIVE_INFINITY): Promise<number> {
    for (let taken = 0; taken < count; taken++) {
      const news = await soon(this.#watcher);
      if (news === undefined) return taken;
      this.#apply(news);
    }
    return count;
  }

  #apply(news: PiecesState | PiecesChange): void {
    if (news.kind === 'state') {
      this.stateCount += 1;
      this.complete = news.have === undefined;
      this.have = new Set(news.have);
      this.underway = new Set();
    } else {
      for (const piece of piecesOf(news.added)) this.have.add(piece);
      for (const piece of piecesOf(news.ended)) expect(this.underway.delete(piece)).toBe(true);
      this.complete ||= news.complete;
    }
    for (const piece of piecesOf(news.underway)) {
      expect(this.underway.has(piece)).toBe(false);
      this.underway.add(piece);
    }
  }
}

/** The next news when there are some now. */
async function soon(watcher: PieceWatcher): Promise<PiecesState | PiecesChange | undefined> {
  const caller = new AbortController();
  const next = watcher.next(caller.signal).catch(() => undefined);
  caller.abort();
  return next;
}

function piecesOf(runs: readonly { first: number; end: number }[]): number[] {
  return runs.flatMap(({ first, end }) => Array.from({ length: end - first }, (_, index) => first + index));
}

const pieces = 12;

type Step =
  | { kind: 'add'; piece: number }
  | { kind: 'send'; piece: number; count: number }
  | { kind: 'advance'; which: number; bytes: number }
  | { kind: 'end'; which: number }
  | { kind: 'pass'; ms: number }
  | { kind: 'take'; which: number; count: number }
  | { kind: 'watch' }
  | { kind: 'lose' };

/** A file with downloads and watchers. */
class Scene {
  readonly #file = createBoards(pieces);
  readonly #watchers = [new Known(this.#file.boards.watch('d'))];
  readonly #downloads: { sending: Sending; position: number; end: number; isOver: boolean }[] = [];

  async play(step: Step): Promise<void> {
    switch (step.kind) {
      case 'add':
        this.#file.add(step.piece);
        break;
      case 'send':
        this.#send(step.piece, Math.min(pieces, step.piece + step.count));
        break;
      case 'advance':
        this.#advance(step.which, step.bytes);
        break;
      case 'end':
        this.#end(step.which);
        break;
      case 'pass':
        this.#file.pass(step.ms);
        break;
      case 'take':
        await this.#watchers[step.which]?.take(step.count);
        break;
      case 'watch':
        if (this.#watchers.length < 4) this.#watchers.push(new Known(this.#file.boards.watch('d')));
        break;
      case 'lose':
        this.#file.state.held = new PieceSet(pieces);
        this.#file.boards.changed('d');
    }
  }

  /** When all has been told, each watcher knows how it is. */
  async checkAll(): Promise<void> {
    this.#file.pass(1_000);
    const sending = this.#downloads
      .filter(({ isOver }) => !isOver)
      .flatMap(({ position, end }) => piecesOf([{ first: Math.floor(position / mib), end: end / mib }]));
    for (const known of this.#watchers) {
      await known.take();
      expect([...known.have].sort()).toEqual([...(this.#file.state.held as PieceSet)].sort());
      expect([...known.underway].sort()).toEqual([...new Set(sending)].sort());
    }
  }

  #send(first: number, end: number): void {
    const sending = this.#file.send(first, end);
    this.#downloads.push({ sending, position: first * mib, end: end * mib, isOver: false });
  }

  #advance(which: number, bytes: number): void {
    const download = this.#downloads[which];
    if (download === undefined || download.isOver) return;
    download.position = Math.min(download.end, download.position + bytes);
    download.sending.advance(download.position);
  }

  #end(which: number): void {
    const download = this.#downloads[which];
    if (download === undefined) return;
    download.isOver = true;
    download.sending.end();
  }
}

describe('a watcher', () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('add' as const), piece: fc.nat(pieces - 1) }),
    fc.record({ kind: fc.constant('send' as const), piece: fc.nat(pieces - 1), count: fc.integer({ min: 1, max: 5 }) }),
    fc.record({ kind: fc.constant('advance' as const), which: fc.nat(9), bytes: fc.nat(3 * mib) }),
    fc.record({ kind: fc.constant('end' as const), which: fc.nat(9) }),
    fc.record({ kind: fc.constant('pass' as const), ms: fc.constantFrom(1, 20, minPieceNewsIntervalMs) }),
    fc.record({ kind: fc.constant('take' as const), which: fc.nat(3), count: fc.integer({ min: 1, max: 3 }) }),
    fc.record({ kind: fc.constant('watch' as const) }),
    fc.record({ kind: fc.constant('lose' as const) }),
  );

  test('knows in the end what there is, whenever it came and however slowly it reads', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 80 }), async (steps) => {
        const scene = new Scene();
        for (const action of steps) await scene.play(action);
        await scene.checkAll();
      }),
      { numRuns: 300 },
    );
  });

  test('is told of the first change at once, and of further ones together, 50 ms later', async () => {
    const file = createBoards(100);
    const watcher = file.boards.watch('d');
    expect(await soon(watcher)).toMatchObject({ kind: 'state', have: { size: 0 }, underway: [] });
    file.add(7);
    file.pass(0);
    expect(await soon(watcher)).toMatchObject({ kind: 'change', added: [{ first: 7, end: 8 }] });
    file.add(8);
    file.add(10);
    file.pass(minPieceNewsIntervalMs - 1);
    file.add(9);
    expect(await soon(watcher)).toBeUndefined();
    file.pass(1);
    expect(await soon(watcher)).toMatchObject({ added: [{ first: 8, end: 11 }], complete: false });
    expect(file.timers.size).toBe(0);
  });

  test('is told less often when many watch', async () => {
    const file = createBoards(100);
    const [first, ...others] = Array.from({ length: 1_000 }, () => file.boards.watch('d'));
    if (first === undefined) throw new Error('nobody watches');
    await soon(first);
    file.add(1);
    file.pass(0);
    await soon(first);
    file.add(2);
    file.pass(499);
    expect(await soon(first)).toBeUndefined();
    file.pass(1);
    expect(await soon(first)).toMatchObject({ added: [{ first: 2, end: 3 }] });
    for (const watcher of [first, ...others]) watcher.close();
    expect(file.boards.size).toBe(0);
  });

  test('that is far behind is told all anew, and costs nothing meanwhile', async () => {
    const file = createBoards(100);
    const [fast, slow] = [new Known(file.boards.watch('d')), new Known(file.boards.watch('d'))];
    await Promise.all([fast.take(), slow.take()]);
    for (let piece = 0; piece < maxPieceChangesKept + 1; piece++) {
      file.add(2 * piece);
      file.pass(minPieceNewsIntervalMs);
      await fast.take();
    }
    expect(fast.stateCount).toBe(1);
    expect(await slow.take()).toBe(1);
    expect(slow.stateCount).toBe(2);
    expect(slow.have).toEqual(fast.have);
  });

  test('is told all anew when the changes do not fit into a message', async () => {
    const count = 3 * maxPieceRunsPerMessage;
    const file = createBoards(count / 2);
    file.state.held = new PieceSet(count);
    const known = new Known(file.boards.watch('d'));
    await known.take();
    for (let piece = 0; piece < count; piece += 2) file.add(piece);
    file.pass(minPieceNewsIntervalMs);
    await known.take();
    expect([known.stateCount, known.have.size]).toEqual([2, count / 2]);
  });

  test('of a whole file is told what is under way, and of each download no more than its next pieces', async () => {
    const file = createBoards(1_000);
    file.state.held = 'all';
    const known = new Known(file.boards.watch('d'));
    const sending = file.send(0, 1_000);
    file.pass(minPieceNewsIntervalMs);
    await known.take();
    expect(known.complete).toBe(true);
    expect([...known.underway]).toEqual(piecesOf([{ first: 0, end: maxHintedPiecesPerDownload }]));
    sending.advance(3 * mib + 1);
    file.pass(minPieceNewsIntervalMs);
    await known.take();
    expect([...known.underway]).toEqual(piecesOf([{ first: 3, end: 3 + maxHintedPiecesPerDownload }]));
    sending.end();
    sending.end();
    file.pass(minPieceNewsIntervalMs);
    await known.take();
    expect(known.underway.size).toBe(0);
  });

  test('hears that all pieces are there, and watches on; the end comes when the file is shared no longer', async () => {
    const file = createBoards(3);
    const watcher = file.boards.watch('d');
    await soon(watcher);
    file.add(0, 3);
    file.boards.completed('d');
    file.pass(minPieceNewsIntervalMs);
    expect(await soon(watcher)).toMatchObject({ added: [{ first: 0, end: 3 }], complete: true });
    const next = watcher.next(never);
    file.state.held = undefined;
    file.boards.changed('d');
    expect(await next).toBeUndefined();
    watcher.close();
    expect(file.boards.size).toBe(0);
  });

  test('of a file that is not shared is refused, and so is one that comes when the peer stops', async () => {
    const file = createBoards(3);
    const watcher = file.boards.watch('d');
    await soon(watcher);
    const next = watcher.next(never);
    file.boards.fail(new Error('stopping'));
    await expect(next).rejects.toThrow('stopping');
    expect(() => file.boards.watch('d')).toThrow('stopping');
    const other = createBoards(3);
    other.state.held = undefined;
    expect(() => other.boards.watch('d')).toThrow(expect.objectContaining({ reason: 'FILE_NOT_SHARED' }));
  });
});

test('downloads that nobody watches leave nothing behind, and files of one piece are not looked at', () => {
  const file = createBoards(3);
  const sending = file.send(0, 3);
  expect(file.boards.size).toBe(1);
  sending.advance(2 * mib);
  sending.end();
  expect([file.boards.size, file.timers.size]).toEqual([0, 0]);
  const small = createBoards(1);
  small.send(0, 1).advance(mib);
  expect(small.boards.size).toBe(0);
});
