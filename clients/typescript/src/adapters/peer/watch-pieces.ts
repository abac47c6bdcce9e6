import type { PieceRange, PiecesState, WatchPiecesResponse } from '@cardume/proto/transfer/v1';
import { pieceCount, usualPieceLength } from '../../core/digest/piece-length.ts';
import type { PieceRun } from '../../core/download/piece-set.ts';
import type { PieceNews } from '../../core/model/piece-news.ts';
import { CardumeError } from '../../errors/cardume-error.ts';

/**
 * Reads what a holder says of the pieces of a file. It may lie about what it has, and is then found out by its bytes; but it
 * names no pieces that the file cannot have.
 *
 * @param who the holder, for messages
 * @param sizeBytes the file's size, as far as it is known
 * @throws CardumeError BYTES_MISMATCH when it is about a file of another size, or about no pieces of it
 */
export async function* readPieceNews(
  messages: AsyncIterable<WatchPiecesResponse>,
  who: string,
  sizeBytes: number,
): AsyncGenerator<PieceNews, void, undefined> {
  const pieceLengthBytes = usualPieceLength(sizeBytes);
  const reader = new NewsReader(who, sizeBytes, pieceLengthBytes, pieceCount(sizeBytes, pieceLengthBytes));
  for await (const message of messages) {
    const news = reader.read(message);
    if (news !== undefined) yield news;
  }
}

class NewsReader {
  readonly #who: string;
  readonly #sizeBytes: number;
  readonly #pieceLengthBytes: number;
  readonly #count: number;
  #hasState = false;

  constructor(who: string, sizeBytes: number, pieceLengthBytes: number, count: number) {
    this.#who = who;
    this.#sizeBytes = sizeBytes;
    this.#pieceLengthBytes = pieceLengthBytes;
    this.#count = count;
  }

  /** Undefined when it says nothing that is known here. */
  read({ payload }: WatchPiecesResponse): PieceNews | undefined {
    if (payload?.$case === 'state') {
      this.#hasState = true;
      const { complete, underway } = payload.value;
      const added = this.#piecesOf(payload.value);
      return { isState: true, added, underway: this.#runsOf(underway), ended: [], complete };
    }
    if (!this.#hasState) throw this.#mismatch('changes before anything else');
    if (payload?.$case !== 'change') return undefined;
    const { added, underway, ended, complete } = payload.value;
    return {
      isState: false,
      added: complete ? this.#all() : this.#runsOf(added),
      underway: this.#runsOf(underway),
      ended: this.#runsOf(ended),
      complete,
    };
  }

  #piecesOf({ sizeBytes, pieceLengthBytes, complete, have }: PiecesState): PieceRun[] {
    if (sizeBytes !== this.#sizeBytes || pieceLengthBytes !== this.#pieceLengthBytes) {
      throw this.#mismatch('another size or piece length');
    }
    if (complete) return this.#all();
    if (have.length !== Math.ceil(this.#count / 8)) throw this.#mismatch('too many pieces, or too few,');
    return runsOfBits(have, this.#count);
  }

  #all(): PieceRun[] {
    return this.#count === 0 ? [] : [{ first: 0, end: this.#count }];
  }

  #runsOf(ranges: readonly PieceRange[]): PieceRun[] {
    return ranges.map(({ first, count }) => {
      if (first < 0 || count < 1 || first + count > this.#count) throw this.#mismatch('pieces that are none');
      return { first, end: first + count };
    });
  }

  #mismatch(what: string): CardumeError {
    return new CardumeError('BYTES_MISMATCH', `${this.#who} tells ${what} of a file of ${this.#sizeBytes} bytes`);
  }
}

/** The runs of pieces whose bits are set; bits beyond the last piece are passed over. */
function runsOfBits(bits: Uint8Array, count: number): PieceRun[] {
  const runs: PieceRun[] = [];
  for (let piece = 0; piece < count; piece++) {
    if (((bits[piece >> 3] ?? 0) & (1 << (piece & 7))) === 0) continue;
    const last = runs.at(-1);
    if (last?.end === piece) last.end = piece + 1;
    else runs.push({ first: piece, end: piece + 1 });
  }
  return runs;
}
