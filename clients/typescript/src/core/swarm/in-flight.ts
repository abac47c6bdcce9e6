/** How many requests may hold one piece: the one that was asked first, and one that is expected to be earlier. */
export const maxRequestsPerPiece = 2;

/** Which requests are to bring a piece: none, one, or two. Their ids are from 1 on. */
export class InFlight {
  readonly #first: Int32Array;
  readonly #second: Int32Array;

  constructor(pieceCount: number) {
    this.#first = new Int32Array(pieceCount);
    this.#second = new Int32Array(pieceCount);
  }

  count(piece: number): number {
    return Number(this.#first[piece] !== 0) + Number(this.#second[piece] !== 0);
  }

  /** The ids of the requests that hold it, those that there are. */
  requests(piece: number): number[] {
    return [this.#first[piece] ?? 0, this.#second[piece] ?? 0].filter((id) => id !== 0);
  }

  hold(piece: number, requestId: number): void {
    if (this.#first[piece] === 0) this.#first[piece] = requestId;
    else this.#second[piece] = requestId;
  }

  release(piece: number, requestId: number): void {
    if (this.#first[piece] === requestId) this.#first[piece] = 0;
    else if (this.#second[piece] === requestId) this.#second[piece] = 0;
  }
}
