import { PieceMask } from './piece-mask.ts';

/** From so many copies on, a piece is as common as any: it bounds what a change of place costs. */
export const maxRarityLevel = 62;
// So many looks at pieces, rarest first, find one that a source has, or else the source has few of them.
const maxProbes = 512;
// Of a source's pieces so many are compared then: all of them in a file of up to 4 GiB.
const maxCompared = 4_096;

/**
 * The pieces that nobody is asked for yet, in the order of how many copies there are.
 *
 * `order` is a permutation of all pieces, cut into regions: the first one holds the pieces that are not wanted now, and each
 * next one those of the next level. A piece moves to the next region by changing places with the piece at the border, so
 * that one more copy, or one fewer, costs the same however many pieces and sources there are.
 */
export class RarityOrder {
  readonly wanted: PieceMask;
  readonly #order: Int32Array;
  readonly #position: Int32Array;
  readonly #levels: Uint8Array;
  /** Where each region begins in `order`; region 0 is what is not wanted, region `level + 1` holds a level. */
  readonly #starts = new Int32Array(maxRarityLevel + 3);
  readonly #random: () => number;

  /** All pieces are wanted at first, at level 0. */
  constructor(pieceCount: number, random: () => number) {
    this.#random = random;
    this.wanted = new PieceMask(pieceCount);
    this.#order = new Int32Array(pieceCount);
    this.#position = new Int32Array(pieceCount);
    this.#levels = new Uint8Array(pieceCount);
    for (let piece = 0; piece < pieceCount; piece++) {
      this.#order[piece] = piece;
      this.#position[piece] = piece;
      this.wanted.add(piece);
    }
    this.#starts.fill(pieceCount, 2);
  }

  level(piece: number): number {
    return this.#levels[piece] ?? 0;
  }

  /** Says how many copies there are, as far as it is known. */
  setLevel(piece: number, copies: number): void {
    const level = Math.min(copies, maxRarityLevel);
    if (this.wanted.has(piece)) this.#move(piece, this.level(piece) + 1, level + 1);
    this.#levels[piece] = level;
  }

  /** Makes a piece one to be asked for, or not. */
  setWanted(piece: number, isWanted: boolean): void {
    const region = this.level(piece) + 1;
    if (isWanted && this.wanted.add(piece)) this.#move(piece, 0, region);
    else if (!isWanted && this.wanted.delete(piece)) this.#move(piece, region, 0);
  }

  /** Whether any of these pieces is wanted. */
  hasWanted(has: PieceMask | undefined): boolean {
    if (has === undefined) return this.wanted.size > 0;
    return this.wanted.firstCommon(has, 0, has.pieceCount) !== undefined;
  }

  /**
   * One of the rarest wanted pieces, at random.
   *
   * @param has of which pieces; undefined: of all
   * @returns undefined when none of those is wanted. Of a source with thousands of pieces that are all far from the rarest
   *   it may be one that is not quite the rarest: the work is bounded
   */
  findRarest(has: PieceMask | undefined): number | undefined {
    let probesLeft = maxProbes;
    for (let region = 1; region <= maxRarityLevel + 1 && probesLeft > 0; region++) {
      const count = this.#end(region) - this.#start(region);
      if (count === 0) continue;
      const piece = this.#probe(region, has, Math.min(count, probesLeft));
      if (piece !== undefined) return piece;
      probesLeft -= count;
    }
    return has === undefined || probesLeft > 0 ? undefined : this.#findAmong(has);
  }

  /** Looks at so many pieces of a region, from anywhere in it on. */
  #probe(region: number, has: PieceMask | undefined, probes: number): number | undefined {
    const start = this.#start(region);
    const count = this.#end(region) - start;
    const first = Math.floor(this.#random() * count);
    for (let step = 0; step < probes; step++) {
      const piece = this.#order[start + ((first + step) % count)] ?? 0;
      if (has === undefined || has.has(piece)) return piece;
    }
    return undefined;
  }

  /** The rarest of a source's wanted pieces, when it has few; ties at random by where the search begins. */
  #findAmong(has: PieceMask): number | undefined {
    const { pieceCount } = this.wanted;
    const from = Math.floor(this.#random() * pieceCount);
    let rarest: number | undefined;
    let compared = 0;
    for (const [begin, end] of [[from, pieceCount] as const, [0, from] as const]) {
      let piece = this.wanted.firstCommon(has, begin, end);
      for (; piece !== undefined; piece = this.wanted.firstCommon(has, piece + 1, end)) {
        if (rarest === undefined || this.level(piece) < this.level(rarest)) rarest = piece;
        compared += 1;
        if (compared === maxCompared) return rarest;
      }
    }
    return rarest;
  }

  #move(piece: number, from: number, to: number): void {
    const starts = this.#starts;
    for (let region = from; region < to; region++) {
      const border = this.#end(region) - 1;
      this.#swap(piece, border);
      starts[region + 1] = border;
    }
    for (let region = from; region > to; region--) {
      const border = this.#start(region);
      this.#swap(piece, border);
      starts[region] = border + 1;
    }
  }

  #start(region: number): number {
    return this.#starts[region] ?? 0;
  }

  #end(region: number): number {
    return this.#starts[region + 1] ?? 0;
  }

  #swap(piece: number, position: number): void {
    const other = this.#order[position] ?? 0;
    const own = this.#position[piece] ?? 0;
    this.#order[position] = piece;
    this.#position[piece] = position;
    this.#order[own] = other;
    this.#position[other] = own;
  }
}
