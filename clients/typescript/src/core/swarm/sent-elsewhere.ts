/** For how long it counts that a holder sends a piece to somebody, in milliseconds: by then others have it, or it failed. */
export const sentElsewhereMs = 30_000;
/** How many of them count for a piece. */
const maxCopies = 3;

/**
 * Remembers of which pieces there are copies that nobody has told us of yet: a holder said that it is sending them to
 * somebody else. The memory is bounded, by three for each piece.
 */
export class SentElsewhere {
  readonly #copies: Uint8Array;
  #pieces: number[] = [];
  #untilMs: number[] = [];
  /** The first in the queue that has not run out: the front of an array is expensive to take from. */
  #front = 0;

  constructor(pieceCount: number) {
    this.#copies = new Uint8Array(pieceCount);
  }

  copies(piece: number): number {
    return this.#copies[piece] ?? 0;
  }

  /** @returns whether it counts */
  note(piece: number, nowMs: number): boolean {
    if (this.copies(piece) >= maxCopies) return false;
    this.#copies[piece] = this.copies(piece) + 1;
    this.#pieces.push(piece);
    this.#untilMs.push(nowMs + sentElsewhereMs);
    return true;
  }

  /** Says that a holder turned up who has the piece: most likely the one that it was sent to. */
  seen(piece: number): void {
    this.#copies[piece] = Math.max(0, this.copies(piece) - 1);
  }

  /** Forgets what was said too long ago, and calls back for each piece that this changes. */
  forget(nowMs: number, changed: (piece: number) => void): void {
    for (; (this.#untilMs[this.#front] ?? Number.POSITIVE_INFINITY) <= nowMs; this.#front++) {
      const piece = this.#pieces[this.#front] ?? 0;
      if (this.copies(piece) === 0) continue;
      this.#copies[piece] = this.copies(piece) - 1;
      changed(piece);
    }
    if (this.#front < 1_024 || this.#front < this.#pieces.length / 2) return;
    this.#pieces = this.#pieces.slice(this.#front);
    this.#untilMs = this.#untilMs.slice(this.#front);
    this.#front = 0;
  }
}
