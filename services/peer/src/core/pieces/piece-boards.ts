import { type PieceRun, pieceCount, usualPieceLength } from '@cardume/client';
import { fileNotShared } from '../file-not-shared.ts';
import { maxHintedPiecesPerDownload, maxPieceMessagesPerSecond, minPieceNewsIntervalMs } from '../limits.ts';
import type { ReadRange } from '../read-range.ts';
import { type Held, PieceBoard, type PieceBoardInit, type PieceWatcher } from './piece-board.ts';

/** What the boards work with. */
export interface PieceBoardsInit extends Pick<PieceBoardInit, 'after' | 'nowMs'> {
  /** What the peer has of a file, and the file's size; undefined when it does not share it. */
  held: (digest: string) => { sizeBytes: number; held: Held } | undefined;
}

/** A download, for who watches its file. */
export interface Sending {
  /** All bytes before a position of the file have left. */
  advance(position: number): void;
  /** It has ended, whole or not. Safe to call twice. */
  end(): void;
}

const untold: Sending = { advance: () => {}, end: () => {} };

/** A board for each file that somebody watches or is sent pieces of. */
export class PieceBoards {
  readonly #init: PieceBoardsInit;
  readonly #boards = new Map<string, PieceBoard>();
  #watcherCount = 0;
  #failure: { error: unknown } | undefined;

  constructor(init: PieceBoardsInit) {
    this.#init = init;
  }

  /** How many boards there are. */
  get size(): number {
    return this.#boards.size;
  }

  /**
   * Begins to watch a file.
   *
   * @returns what watches, to be closed in the end
   * @throws CardumeError FILE_NOT_SHARED; SHUTTING_DOWN
   */
  watch(digest: string): PieceWatcher {
    if (this.#failure !== undefined) throw this.#failure.error;
    const found = this.#init.held(digest);
    if (found === undefined) throw fileNotShared(digest);
    const board = this.#boardOf(digest, found.sizeBytes);
    this.#watcherCount += 1;
    return board.watch(() => {
      this.#watcherCount -= 1;
      this.#dropIdle(digest, board);
    });
  }

  /** Says that there are more pieces of a file. */
  added(digest: string, run: PieceRun): void {
    this.#boards.get(digest)?.added(run);
  }

  /** Says that a file is whole now. */
  completed(digest: string): void {
    this.#boards.get(digest)?.completed();
  }

  /** Says that something else may have changed of what the peer has of a file. */
  changed(digest: string): void {
    this.#boards.get(digest)?.changed();
  }

  /** Says that a download of a range begins. */
  sending(digest: string, sizeBytes: number, range: ReadRange): Sending {
    const pieceLengthBytes = usualPieceLength(sizeBytes);
    // Nobody can share the work of sending a single piece.
    if (pieceCount(sizeBytes, pieceLengthBytes) < 2 || range.start >= range.end) return untold;
    const board = this.#boardOf(digest, sizeBytes);
    const end = pieceCount(range.end, pieceLengthBytes);
    let first = Math.floor(range.start / pieceLengthBytes);
    let told = first;
    const tellTo = (last: number): void => {
      for (; told < Math.min(last, end); told++) board.sends(told);
    };
    const passTo = (next: number): void => {
      for (; first < next; first++) board.sentOrNot(first);
    };
    tellTo(first + maxHintedPiecesPerDownload);
    return {
      advance(position) {
        const next = Math.min(position >= range.end ? end : Math.floor(position / pieceLengthBytes), told);
        if (next === first) return;
        tellTo(next + maxHintedPiecesPerDownload);
        passTo(next);
      },
      end: () => {
        passTo(told);
        this.#dropIdle(digest, board);
      },
    };
  }

  /** Ends all watchers with an error, and those that come later. */
  fail(error: unknown): void {
    this.#failure = { error };
    for (const board of this.#boards.values()) board.fail(error);
  }

  #boardOf(digest: string, sizeBytes: number): PieceBoard {
    const known = this.#boards.get(digest);
    if (known !== undefined) return known;
    const { after, nowMs, held } = this.#init;
    const board = new PieceBoard({
      sizeBytes,
      pieceLengthBytes: usualPieceLength(sizeBytes),
      held: () => held(digest)?.held,
      after,
      nowMs,
      intervalMs: () => this.#intervalMs(),
    });
    this.#boards.set(digest, board);
    return board;
  }

  /** Longer with many watchers: each message costs the peer some 30 µs, whatever is in it. */
  #intervalMs(): number {
    return Math.max(minPieceNewsIntervalMs, (this.#watcherCount * 1_000) / maxPieceMessagesPerSecond);
  }

  #dropIdle(digest: string, board: PieceBoard): void {
    if (board.isIdle && this.#boards.get(digest) === board) this.#boards.delete(digest);
  }
}
