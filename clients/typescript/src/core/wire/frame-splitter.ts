/** The length of what HTTP/2 puts before each frame (RFC 9113, section 4.1). */
export const frameHeaderBytes = 9;
/** The longest frame that is taken, in bytes: what HTTP/2 allows as long as nobody asks for more. */
export const maxFrameBytes = 16_384;

const dataType = 0;
const windowUpdateType = 8;
const endStreamFlag = 0x1;
const paddedFlag = 0x8;
const streamIdMask = 0x7f_ff_ff_ff;

/** Takes what a {@link FrameSplitter} finds. */
export interface FrameSink {
  /** Whether the bytes of a stream are for {@link onData}; those of all others are passed on as frames. */
  takes(streamId: number): boolean;
  /** The next bytes of a stream: a view of what was pushed, never empty. */
  onData(streamId: number, bytes: Uint8Array): void;
  /** A stream's frame has taken so much of the two windows of flow control; it is told before the frame's bytes. */
  onFrame(streamId: number, flowBytes: number): void;
  /** The next bytes for who speaks the rest of HTTP/2. A view: to be copied. */
  onRest(bytes: Uint8Array): void;
}

/**
 * Takes the bytes of some streams out of an HTTP/2 connection, and leaves all else as it came: headers, settings, resets
 * and whatever frames there will be are for an implementation of HTTP/2, which never hears of the bytes.
 *
 * @throws RangeError from `push` for a frame of bytes that HTTP/2 does not allow: the connection is to be cut
 */
export class FrameSplitter {
  readonly #sink: FrameSink;
  readonly #header = Buffer.alloc(frameHeaderBytes);
  #headerBytes = 0;
  /** How many bytes of the frame under way are still to come, its padding not counted. */
  #leftBytes = 0;
  /** The stream whose bytes the frame under way has; 0: it is passed on as it is. */
  #dataOf = 0;
  /** Undefined: none, or it is known. */
  #awaitsPadLength = false;
  #paddingLeftBytes = 0;
  #endsStream = false;

  constructor(sink: FrameSink) {
    this.#sink = sink;
  }

  /** Takes the next bytes of the connection. */
  push(data: Buffer): void {
    for (let position = 0; position < data.length; ) {
      if (this.#awaitsPadLength) this.#takePadLength(data[position++] ?? 0);
      else if (this.#leftBytes > 0) position += this.#pass(data, position);
      else if (this.#paddingLeftBytes > 0) position += this.#skipPadding(data.length - position);
      else position += this.#takeHeader(data, position);
    }
  }

  #pass(data: Buffer, position: number): number {
    const bytes = data.subarray(position, position + this.#leftBytes);
    this.#leftBytes -= bytes.length;
    if (this.#dataOf === 0) this.#sink.onRest(bytes);
    else this.#sink.onData(this.#dataOf, bytes);
    if (this.#leftBytes === 0 && this.#paddingLeftBytes === 0) this.#endFrame();
    return bytes.length;
  }

  #skipPadding(available: number): number {
    const skipped = Math.min(available, this.#paddingLeftBytes);
    this.#paddingLeftBytes -= skipped;
    if (this.#paddingLeftBytes === 0) this.#endFrame();
    return skipped;
  }

  #takePadLength(length: number): void {
    this.#awaitsPadLength = false;
    this.#leftBytes -= 1 + length;
    if (this.#leftBytes < 0) throw new RangeError('a frame has more padding than bytes');
    this.#paddingLeftBytes = length;
    if (this.#leftBytes === 0 && length === 0) this.#endFrame();
  }

  #takeHeader(data: Buffer, position: number): number {
    // Most headers lie in one piece, and are read where they lie.
    if (this.#headerBytes === 0 && data.length - position >= frameHeaderBytes) {
      this.#begin(data, position);
      return frameHeaderBytes;
    }
    const copied = data.copy(this.#header, this.#headerBytes, position);
    this.#headerBytes += copied;
    if (this.#headerBytes === frameHeaderBytes) {
      this.#headerBytes = 0;
      this.#begin(this.#header, 0);
    }
    return copied;
  }

  #begin(header: Buffer, at: number): void {
    const length = header.readUIntBE(at, 3);
    const type = header[at + 3] ?? 0;
    const flags = header[at + 4] ?? 0;
    const streamId = header.readUInt32BE(at + 5) & streamIdMask;
    this.#leftBytes = length;
    if (type !== dataType || !this.#sink.takes(streamId)) {
      this.#dataOf = 0;
      this.#sink.onRest(header.subarray(at, at + frameHeaderBytes));
      return;
    }
    if (length > maxFrameBytes) throw new RangeError(`a frame has ${length} bytes`);
    this.#dataOf = streamId;
    this.#endsStream = (flags & endStreamFlag) !== 0;
    this.#awaitsPadLength = (flags & paddedFlag) !== 0;
    if (this.#awaitsPadLength && length === 0) throw new RangeError('a padded frame has no bytes');
    if (length > 0) this.#sink.onFrame(streamId, length);
    else this.#endFrame();
  }

  /** That a stream has ended is for the implementation to hear, too: as an empty frame. */
  #endFrame(): void {
    const streamId = this.#dataOf;
    if (streamId === 0) return;
    this.#dataOf = 0;
    if (!this.#endsStream) return;
    const empty = Buffer.alloc(frameHeaderBytes);
    empty[4] = endStreamFlag;
    empty.writeUInt32BE(streamId, 5);
    this.#sink.onRest(empty);
  }
}

/** Makes the frame that lets a stream (0: the connection) send so many bytes more. */
export function windowUpdate(streamId: number, bytes: number): Buffer {
  const frame = Buffer.alloc(frameHeaderBytes + 4);
  frame.writeUIntBE(4, 0, 3);
  frame[3] = windowUpdateType;
  frame.writeUInt32BE(streamId, 5);
  frame.writeUInt32BE(bytes, frameHeaderBytes);
  return frame;
}
