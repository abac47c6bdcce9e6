import { type FileShape, type Segment, segmentAt } from '../digest/segment.ts';

/** Takes a segment that is whole; its bytes lie from the buffer's beginning on, and the buffer is the taker's. */
export type TakeSegment = (segment: Segment, buffer: ArrayBuffer) => void;

/**
 * Cuts a range of a file, which comes in bytes of any length, into segments.
 *
 * Each is gathered in a buffer from `takeBuffer`, which has room for a segment: the bytes come in 16 KiB at the most, and a
 * copy of them, into memory that is used again and again, costs less than to keep them.
 */
export class SegmentAssembler {
  readonly #shape: FileShape;
  readonly #takeBuffer: () => ArrayBuffer;
  readonly #takeSegment: TakeSegment;
  readonly #end: number;
  #position: number;
  #current: { segment: Segment; bytes: Buffer; filledBytes: number } | undefined;

  /** @param start where the range begins in the file, and `end` where it ends: each the bound of a piece */
  constructor(
    shape: FileShape,
    { start, end }: { start: number; end: number },
    takeBuffer: () => ArrayBuffer,
    takeSegment: TakeSegment,
  ) {
    this.#shape = shape;
    this.#position = start;
    this.#end = end;
    this.#takeBuffer = takeBuffer;
    this.#takeSegment = takeSegment;
  }

  /** Whether the whole range has come. */
  get done(): boolean {
    return this.#position === this.#end;
  }

  /** How many bytes of the range have not come yet. */
  get missingBytes(): number {
    return this.#end - this.#position - (this.#current?.filledBytes ?? 0);
  }

  /**
   * Takes the next bytes.
   *
   * @throws RangeError when there are more than the range has
   */
  push(bytes: Uint8Array): void {
    for (let taken = 0; taken < bytes.length; ) {
      if (this.done) throw new RangeError('more bytes came than were asked for');
      const current = this.#current ?? this.#begin();
      const { segment, filledBytes } = current;
      const part = bytes.subarray(taken, taken + segment.lengthBytes - filledBytes);
      current.bytes.set(part, filledBytes);
      current.filledBytes += part.length;
      taken += part.length;
      if (current.filledBytes === segment.lengthBytes) this.#finish(current);
    }
  }

  #begin() {
    const segment = segmentAt(this.#position, this.#shape);
    const bytes = Buffer.from(this.#takeBuffer());
    this.#current = { segment, bytes, filledBytes: 0 };
    return this.#current;
  }

  #finish({ segment, bytes }: { segment: Segment; bytes: Buffer }): void {
    this.#current = undefined;
    this.#position += segment.lengthBytes;
    this.#takeSegment(segment, bytes.buffer as ArrayBuffer);
  }
}
