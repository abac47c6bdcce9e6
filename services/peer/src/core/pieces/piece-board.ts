import type { PieceRun, PieceSet } from '@cardume/client';
import { maxPieceChangesKept, maxPieceRunsPerMessage } from '../limits.ts';
import { GatheredChanges } from './gather-changes.ts';
import type { PiecesChange, PiecesState } from './piece-news.ts';
import { runsOf } from './piece-runs.ts';

/** What a peer has of a file: all of it, or some pieces. */
export type Held = 'all' | PieceSet;

/** What a board works with. */
export interface PieceBoardInit {
  sizeBytes: number;
  pieceLengthBytes: number;
  /** What the peer has of the file now; undefined when it does not share it. */
  held: () => Held | undefined;
  /** Runs a task after so many milliseconds, unless what it returns is called before. */
  after: (delayMs: number, task: () => void) => () => void;
  nowMs: () => number;
  /** How far apart changes are told at the least, in milliseconds; asked each time. */
  intervalMs: () => number;
}

/**
 * Tells watchers which pieces of one file there are.
 *
 * Who owns what: the board gathers changes and keeps the last few messages that it made of them, the same for all watchers;
 * a watcher has only a place among them. One that is too far behind starts again from how it is now, so that a slow
 * reader costs no memory, however much changes meanwhile.
 */
export class PieceBoard {
  readonly #init: PieceBoardInit;
  readonly #gathered = new GatheredChanges();
  /** How many downloads are sending each piece. */
  readonly #sending = new Map<number, number>();
  /** The pieces that are being sent as far as whoever knows all changes was told. */
  #toldUnderway = new Set<number>();
  readonly #watchers = new Set<PieceWatcher>();
  #changes: PiecesChange[] = [];
  /** The number of the first of them. */
  #firstChange = 0;
  #toldMs = Number.NEGATIVE_INFINITY;
  #callOff: (() => void) | undefined;
  #failure: { error: unknown } | undefined;

  constructor(init: PieceBoardInit) {
    this.#init = init;
  }

  /** Whether nobody watches and nothing is sent: then nothing is lost with it. */
  get isIdle(): boolean {
    return this.#watchers.size === 0 && this.#sending.size === 0;
  }

  /** @param onClosed called when the watcher is closed */
  watch(onClosed: () => void): PieceWatcher {
    // What changed while nobody watched was not gathered.
    if (this.#watchers.size === 0) this.#forgetChanges();
    const watcher = new PieceWatcher(this, () => {
      this.#watchers.delete(watcher);
      if (this.#watchers.size === 0) this.#forgetChanges();
      onClosed();
    });
    this.#watchers.add(watcher);
    return watcher;
  }

  /** Says that there are more pieces. */
  added(run: PieceRun): void {
    if (this.#watchers.size === 0) return;
    this.#gathered.add(run);
    this.#note();
  }

  /** Says that all pieces are there. */
  completed(): void {
    if (this.#watchers.size === 0) return;
    this.#gathered.complete();
    this.#note();
  }

  /** Says that something else than pieces that were added may have changed: the file may not even be shared any more. */
  changed(): void {
    this.#forgetChanges();
    this.#wakeAll();
  }

  /** A download sends a piece next. */
  sends(piece: number): void {
    const count = this.#sending.get(piece) ?? 0;
    this.#sending.set(piece, count + 1);
    if (count === 0) this.#noteSending(piece, 'underway');
  }

  /** A download that was to send a piece has done so, or will not. */
  sentOrNot(piece: number): void {
    const count = this.#sending.get(piece) ?? 0;
    if (count > 1) {
      this.#sending.set(piece, count - 1);
      return;
    }
    this.#sending.delete(piece);
    this.#noteSending(piece, 'ended');
  }

  /** Ends all watchers with an error. */
  fail(error: unknown): void {
    this.#failure = { error };
    this.#forgetChanges();
    this.#wakeAll();
  }

  /**
   * For watchers: what comes after the change of a number; a state when that is not known any more.
   *
   * @returns 'nothing' when nothing is new, undefined when the file is not shared any more
   */
  newsAfter(place: number | undefined): { news: PiecesState | PiecesChange; place: number } | 'nothing' | undefined {
    if (this.#failure !== undefined) throw this.#failure.error;
    const end = this.#firstChange + this.#changes.length;
    if (place !== undefined && place >= this.#firstChange) {
      const change = this.#changes[place - this.#firstChange];
      return change === undefined ? 'nothing' : { news: change, place: place + 1 };
    }
    const held = this.#init.held();
    return held === undefined ? undefined : { news: this.#state(held), place: end };
  }

  #state(held: Held): PiecesState {
    const { sizeBytes, pieceLengthBytes } = this.#init;
    const have = held === 'all' || held.size === held.pieceCount ? undefined : held;
    // Not those of this moment: what was gathered since the last change is told with the next one.
    const underway = runsOf(this.#toldUnderway, maxPieceRunsPerMessage) ?? [];
    return { kind: 'state', sizeBytes, pieceLengthBytes, have, underway };
  }

  #noteSending(piece: number, what: 'underway' | 'ended'): void {
    if (this.#watchers.size === 0) return;
    this.#gathered.sends(piece, what);
    this.#note();
  }

  /** Something was gathered: it is told at once after a time of silence, and otherwise when it is time again. */
  #note(): void {
    const { nowMs, intervalMs, after } = this.#init;
    this.#callOff ??= after(Math.max(0, this.#toldMs + intervalMs() - nowMs()), () => this.#tell());
  }

  #tell(): void {
    this.#callOff = undefined;
    this.#toldMs = this.#init.nowMs();
    const change = this.#gathered.take();
    if (change === undefined) return;
    if (change === 'too-much') this.#forgetChanges();
    else this.#keep(change);
    this.#wakeAll();
  }

  #keep(change: PiecesChange): void {
    for (const piece of piecesOf(change.underway)) this.#toldUnderway.add(piece);
    for (const piece of piecesOf(change.ended)) this.#toldUnderway.delete(piece);
    this.#changes.push(change);
    if (this.#changes.length > maxPieceChangesKept) {
      this.#changes.shift();
      this.#firstChange += 1;
    }
  }

  /** Whoever watches begins again from how it is. */
  #forgetChanges(): void {
    this.#callOff?.();
    this.#callOff = undefined;
    this.#gathered.clear();
    this.#toldUnderway = new Set(this.#sending.keys());
    // One number is passed over, so that nobody's place is among what follows.
    this.#firstChange += this.#changes.length + 1;
    this.#changes = [];
  }

  #wakeAll(): void {
    for (const watcher of this.#watchers) watcher.wake();
  }
}

function* piecesOf(runs: readonly PieceRun[]): Generator<number, void, undefined> {
  for (const { first, end } of runs) for (let piece = first; piece < end; piece++) yield piece;
}

/** One who watches a board. */
export class PieceWatcher {
  readonly #board: PieceBoard;
  readonly #onClose: () => void;
  #place: number | undefined;
  #waiting: (() => void) | undefined;

  constructor(board: PieceBoard, onClose: () => void) {
    this.#board = board;
    this.#onClose = onClose;
  }

  /**
   * The next news, as soon as there are any; first how it is.
   *
   * @returns undefined when the peer shares the file no longer
   * @throws the signal's reason when it fires; what the board failed with
   */
  async next(signal: AbortSignal): Promise<PiecesState | PiecesChange | undefined> {
    for (;;) {
      signal.throwIfAborted();
      const found = this.#board.newsAfter(this.#place);
      if (found === undefined) return undefined;
      if (found !== 'nothing') {
        this.#place = found.place;
        return found.news;
      }
      const { promise, resolve } = Promise.withResolvers<void>();
      const wake = (): void => resolve();
      this.#waiting = wake;
      signal.addEventListener('abort', wake);
      await promise;
      signal.removeEventListener('abort', wake);
    }
  }

  wake(): void {
    this.#waiting?.();
  }

  /** Watches no longer. To be called once. */
  close(): void {
    this.#onClose();
  }
}
