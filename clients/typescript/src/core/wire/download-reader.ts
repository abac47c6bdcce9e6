import { CardumeError } from '../../errors/cardume-error.ts';
import { chunkTag, messagePrefixBytes } from './chunk-frame.ts';

/** The longest message that is taken from a holder in bytes: gRPC's own default. A chunk has at most 1 MiB. */
const maxMessageBytes = 4 * 1024 * 1024;
// A tag of one byte and as many bytes of a length as a message's length has.
const longestHeadBytes = 1 + 4;

/** What {@link DownloadReader} finds in a stream. */
export interface DownloadHandler {
  /** The next bytes of the file: a view of what was pushed, of any length but 0. */
  onBytes(bytes: Uint8Array): void;
  /** A message that is not just a chunk with bytes in it, whole and without gRPC's prefix. */
  onMessage(message: Uint8Array): void;
}

/**
 * Reads the messages of a `Download` stream out of the bytes of an HTTP/2 stream, however these are cut.
 *
 * A message that is a chunk and nothing else, as every holder sends them, is never put together: its bytes are handed on
 * as they come, as views. Any other one (the file's description, fields that are not known here, a field twice) is
 * gathered for the generated code to decode, so that both take the same messages for the same.
 */
export class DownloadReader {
  readonly #handler: DownloadHandler;
  /** The prefix of a message, and then the first bytes of the message itself. */
  readonly #head = Buffer.alloc(messagePrefixBytes + longestHeadBytes);
  #headBytes = 0;
  #messageBytes = 0;
  /** How many bytes of the chunk under way are still to come. */
  #chunkBytesLeft = 0;
  #gathered: Buffer | undefined;
  #gatheredBytes = 0;

  constructor(handler: DownloadHandler) {
    this.#handler = handler;
  }

  /** Whether the stream may end here: no message is incomplete. */
  get isBetweenMessages(): boolean {
    return this.#headBytes === 0 && this.#chunkBytesLeft === 0 && this.#gathered === undefined;
  }

  /**
   * Takes the next bytes of the stream.
   *
   * @throws CardumeError BYTES_MISMATCH when a message is compressed, which nobody asked for, or longer than 4 MiB;
   *   and what the handler throws
   */
  push(data: Uint8Array): void {
    for (let position = 0; position < data.length; ) {
      if (this.#chunkBytesLeft > 0) position += this.#passOn(data, position);
      else if (this.#gathered !== undefined) position += this.#gather(this.#gathered, data, position);
      else this.#takeHeadByte(data[position++] ?? 0);
    }
  }

  #passOn(data: Uint8Array, position: number): number {
    const bytes = data.subarray(position, position + this.#chunkBytesLeft);
    this.#chunkBytesLeft -= bytes.length;
    this.#handler.onBytes(bytes);
    return bytes.length;
  }

  #gather(gathered: Buffer, data: Uint8Array, position: number): number {
    const bytes = data.subarray(position, position + gathered.length - this.#gatheredBytes);
    gathered.set(bytes, this.#gatheredBytes);
    this.#gatheredBytes += bytes.length;
    if (this.#gatheredBytes === gathered.length) {
      this.#gathered = undefined;
      this.#handler.onMessage(gathered);
    }
    return bytes.length;
  }

  #takeHeadByte(byte: number): void {
    this.#head[this.#headBytes++] = byte;
    if (this.#headBytes < messagePrefixBytes) return;
    const inMessage = this.#headBytes - messagePrefixBytes;
    if (inMessage === 0) {
      this.#takePrefix();
    } else if (inMessage === 1) {
      if (byte !== chunkTag || this.#messageBytes === 1) this.#gatherRest();
    } else if (byte < 0x80) {
      this.#takeLength(inMessage);
    } else if (inMessage === longestHeadBytes || inMessage === this.#messageBytes) {
      this.#gatherRest();
    }
  }

  #takePrefix(): void {
    this.#messageBytes = this.#head.readUInt32BE(1);
    if (this.#head[0] !== 0) throw mismatch('a compressed message came');
    if (this.#messageBytes > maxMessageBytes) throw mismatch(`a message of ${this.#messageBytes} bytes came`);
    if (this.#messageBytes === 0) this.#gatherRest();
  }

  /** The message begins with a chunk whose length is known now. */
  #takeLength(headBytes: number): void {
    let lengthBytes = 0;
    for (let index = headBytes - 1; index >= 1; index--) {
      lengthBytes = lengthBytes * 0x80 + ((this.#head[messagePrefixBytes + index] ?? 0) & 0x7f);
    }
    if (lengthBytes === 0 || headBytes + lengthBytes !== this.#messageBytes) {
      this.#gatherRest();
      return;
    }
    this.#headBytes = 0;
    this.#chunkBytesLeft = lengthBytes;
  }

  /** The message is put together from here on: what came of it is in the head. */
  #gatherRest(): void {
    const gathered = Buffer.allocUnsafe(this.#messageBytes);
    this.#gatheredBytes = this.#head.copy(gathered, 0, messagePrefixBytes, this.#headBytes);
    this.#headBytes = 0;
    if (this.#gatheredBytes === gathered.length) this.#handler.onMessage(gathered);
    else this.#gathered = gathered;
  }
}

function mismatch(what: string): CardumeError {
  return new CardumeError('BYTES_MISMATCH', `${what}, which no holder sends`);
}
