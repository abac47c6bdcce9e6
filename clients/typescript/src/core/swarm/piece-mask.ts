/** A set of piece numbers that is looked through 32 at a time; what is out of bounds is passed over. */
export class PieceMask {
  readonly words: Uint32Array;
  readonly pieceCount: number;
  #size = 0;

  constructor(pieceCount: number) {
    this.pieceCount = pieceCount;
    this.words = new Uint32Array(Math.ceil(pieceCount / 32));
  }

  get size(): number {
    return this.#size;
  }

  has(piece: number): boolean {
    return ((this.words[piece >>> 5] ?? 0) & (1 << (piece & 31))) !== 0;
  }

  /** @returns whether it was not in before, and is now */
  add(piece: number): boolean {
    if (!Number.isInteger(piece) || piece < 0 || piece >= this.pieceCount || this.has(piece)) return false;
    this.words[piece >>> 5] = (this.words[piece >>> 5] ?? 0) | (1 << (piece & 31));
    this.#size += 1;
    return true;
  }

  /** @returns whether it was in before */
  delete(piece: number): boolean {
    if (!this.has(piece)) return false;
    this.words[piece >>> 5] = (this.words[piece >>> 5] ?? 0) & ~(1 << (piece & 31));
    this.#size -= 1;
    return true;
  }

  /**
   * The first piece from `from` to before `end` that is in this set and, when it is given, in the other one; undefined when
   * there is none.
   */
  firstCommon(other: PieceMask | undefined, from: number, end: number): number | undefined {
    for (let index = from >>> 5; index << 5 < end; index++) {
      let word = (this.words[index] ?? 0) & (other === undefined ? -1 : (other.words[index] ?? 0));
      if (index === from >>> 5) word &= -1 << (from & 31);
      if (word === 0) continue;
      const piece = (index << 5) + trailingZeros(word);
      return piece < end ? piece : undefined;
    }
    return undefined;
  }

  *[Symbol.iterator](): Generator<number, void, undefined> {
    let piece = this.firstCommon(undefined, 0, this.pieceCount);
    for (; piece !== undefined; piece = this.firstCommon(undefined, piece + 1, this.pieceCount)) yield piece;
  }
}

function trailingZeros(word: number): number {
  return 31 - Math.clz32(word & -word);
}
