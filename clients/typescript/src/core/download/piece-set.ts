/** Pieces in a row: from `first` to before `end`. */
export interface PieceRun {
  first: number;
  end: number;
}

/** A set of piece numbers below a bound: one bit each. */
export class PieceSet {
  readonly #bits: Uint8Array;
  readonly pieceCount: number;
  #size = 0;

  /** @param pieceCount how many pieces there are; the set is empty at first */
  constructor(pieceCount: number) {
    this.pieceCount = pieceCount;
    this.#bits = new Uint8Array(Math.ceil(pieceCount / 8));
  }

  /** How many pieces are in it. */
  get size(): number {
    return this.#size;
  }

  has(piece: number): boolean {
    return ((this.#bits[piece >> 3] ?? 0) & (1 << (piece & 7))) !== 0;
  }

  /** Adds a piece; a number that is out of bounds is no piece and is passed over. */
  add(piece: number): void {
    if (!Number.isInteger(piece) || piece < 0 || piece >= this.pieceCount || this.has(piece)) return;
    this.#bits[piece >> 3] = (this.#bits[piece >> 3] ?? 0) | (1 << (piece & 7));
    this.#size += 1;
  }

  /** The pieces that are in it, in order. */
  *[Symbol.iterator](): Generator<number, void, undefined> {
    for (let piece = 0; piece < this.pieceCount; piece++) if (this.has(piece)) yield piece;
  }

  /**
   * The run of pieces that are missing from the first missing one on; undefined when none is.
   *
   * @param isTaken tells of a piece that it counts as not missing
   */
  firstMissingRun(isTaken: (piece: number) => boolean = () => false): PieceRun | undefined {
    const isMissing = (piece: number): boolean => !this.has(piece) && !isTaken(piece);
    let first = 0;
    while (first < this.pieceCount && !isMissing(first)) first += 1;
    if (first === this.pieceCount) return undefined;
    let end = first;
    while (end < this.pieceCount && isMissing(end)) end += 1;
    return { first, end };
  }

  /** One bit for each piece: piece n is the bit of value 2^(n mod 8) in byte n div 8. */
  toBits(): Uint8Array {
    return this.#bits.slice();
  }
}
