import type { PieceRun } from './piece-set.ts';

/**
 * The places of a ring, in which a part of a file's pieces lies while the file is read in order: piece p lies at place
 * p modulo the number of places.
 *
 * A place is free for the next piece when its own has been read, and nobody writes it any more. The latter is not the same:
 * two holders may be asked for a piece, and the right bytes that the slower one brings late would take the place of
 * another piece.
 */
export class RingPlaces {
  readonly placeCount: number;
  /** How many requests may still write to each place. */
  readonly #writers: Uint8Array;
  #firstUnread = 0;
  #firstKept = 0;

  /** @param placeCount how many pieces have room */
  constructor(placeCount: number) {
    this.placeCount = placeCount;
    this.#writers = new Uint8Array(placeCount);
  }

  /** The first piece whose place is taken: there is room for the pieces from it on, as many as there are places. */
  get firstKept(): number {
    return this.#firstKept;
  }

  /** Which place a piece has. */
  placeOf(piece: number): number {
    return piece % this.placeCount;
  }

  /**
   * Says that a request is to write pieces.
   *
   * @throws RangeError when one of them has no room: it would take the place of another one
   */
  hold({ first, end }: PieceRun): void {
    if (first < this.#firstKept || end > this.#firstKept + this.placeCount) {
      throw new RangeError(`there is no room for the pieces ${first} to ${end - 1}, but from ${this.#firstKept} on`);
    }
    for (let piece = first; piece < end; piece++) this.#add(piece, 1);
  }

  /** Says that the request writes those pieces no more. */
  release({ first, end }: PieceRun): void {
    for (let piece = first; piece < end; piece++) this.#add(piece, -1);
    this.#advance();
  }

  /** Says that the next piece has been read. */
  readNext(): void {
    this.#firstUnread += 1;
    this.#advance();
  }

  #add(piece: number, change: number): void {
    const place = this.placeOf(piece);
    this.#writers[place] = (this.#writers[place] ?? 0) + change;
  }

  #advance(): void {
    while (this.#firstKept < this.#firstUnread && this.#writers[this.placeOf(this.#firstKept)] === 0) {
      this.#firstKept += 1;
    }
  }
}
