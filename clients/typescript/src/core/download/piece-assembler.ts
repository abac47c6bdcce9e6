import { pieceRange } from '../digest/piece-length.ts';

/**
 * Cuts a stream of chunks of any size into pieces.
 *
 * A chunk that is just one piece is passed on as it is; otherwise bytes are gathered in a buffer of one piece, which
 * is made anew for each, since the last one may still be on its way to the disk.
 */
export class PieceAssembler {
  readonly #sizeBytes: number;
  readonly #pieceLengthBytes: number;
  #piece: number;
  readonly #endPiece: number;
  #gathered: Buffer | undefined;
  #gatheredLength = 0;

  /** @param first the piece that the stream begins with; `end` the one after its last */
  constructor(sizeBytes: number, pieceLengthBytes: number, first: number, end: number) {
    this.#sizeBytes = sizeBytes;
    this.#pieceLengthBytes = pieceLengthBytes;
    this.#piece = first;
    this.#endPiece = end;
  }

  /** Whether every piece has come. */
  get done(): boolean {
    return this.#piece === this.#endPiece;
  }

  /**
   * Takes the next chunk and gives the pieces that it completes.
   *
   * @throws RangeError when the stream brings more than was asked for
   */
  *push(chunk: Uint8Array): Generator<{ piece: number; bytes: Uint8Array }, void, undefined> {
    let rest = chunk;
    while (rest.length > 0) {
      if (this.done) throw new RangeError('more bytes came than were asked for');
      const { start, end } = pieceRange(this.#piece, this.#sizeBytes, this.#pieceLengthBytes);
      const length = end - start;
      if (this.#gatheredLength === 0 && rest.length >= length) {
        yield this.#next(rest.subarray(0, length));
        rest = rest.subarray(length);
        continue;
      }
      this.#gathered ??= Buffer.allocUnsafeSlow(length);
      const taken = rest.subarray(0, length - this.#gatheredLength);
      this.#gathered.set(taken, this.#gatheredLength);
      this.#gatheredLength += taken.length;
      rest = rest.subarray(taken.length);
      if (this.#gatheredLength === length) yield this.#next(this.#gathered);
    }
  }

  #next(bytes: Uint8Array): { piece: number; bytes: Uint8Array } {
    const piece = this.#piece;
    this.#piece += 1;
    this.#gathered = undefined;
    this.#gatheredLength = 0;
    return { piece, bytes };
  }
}
