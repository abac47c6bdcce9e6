import { messagePrefixBytes } from '../../core/wire/chunk-frame.ts';
import { CardumeError } from '../../errors/cardume-error.ts';
import type { MessageReader } from './message-reader.ts';

/** The longest message that is taken, in bytes: gRPC's own default. */
const maxMessageBytes = 4 * 1024 * 1024;

/** Puts messages together: for calls that bring few bytes. Its memory is bounded by the longest message. */
export class WholeMessageReader implements MessageReader {
  readonly #who: string;
  readonly #onMessage: (message: Uint8Array) => void;
  readonly #prefix = Buffer.alloc(messagePrefixBytes);
  #prefixBytes = 0;
  #message: Buffer | undefined;
  #filledBytes = 0;

  /**
   * @param who whom the messages are from, for errors: `index HOST:PORT`
   * @param onMessage takes each message, without gRPC's prefix; what it throws ends the call
   */
  constructor(who: string, onMessage: (message: Uint8Array) => void) {
    this.#who = who;
    this.#onMessage = onMessage;
  }

  get isBetweenMessages(): boolean {
    return this.#prefixBytes === 0 && this.#message === undefined;
  }

  /** @throws CardumeError LIMIT_REACHED for a message that is too long; BYTES_MISMATCH for one that is compressed */
  push(bytes: Uint8Array): void {
    for (let position = 0; position < bytes.length; ) {
      if (this.#message === undefined) {
        this.#prefix[this.#prefixBytes++] = bytes[position++] ?? 0;
        if (this.#prefixBytes === messagePrefixBytes) this.#begin();
      } else {
        const part = bytes.subarray(position, position + this.#message.length - this.#filledBytes);
        this.#message.set(part, this.#filledBytes);
        this.#filledBytes += part.length;
        position += part.length;
      }
      this.#endWhenWhole();
    }
  }

  #begin(): void {
    const lengthBytes = this.#prefix.readUInt32BE(1);
    this.#prefixBytes = 0;
    if (this.#prefix[0] !== 0) {
      throw new CardumeError('BYTES_MISMATCH', `${this.#who} sent a compressed message, which nobody asked for`);
    }
    if (lengthBytes > maxMessageBytes) {
      throw new CardumeError(
        'LIMIT_REACHED',
        `${this.#who} sent a message of ${lengthBytes} bytes; at most ${maxMessageBytes} are taken`,
      );
    }
    this.#message = Buffer.allocUnsafe(lengthBytes);
    this.#filledBytes = 0;
  }

  #endWhenWhole(): void {
    const message = this.#message;
    if (message === undefined || this.#filledBytes < message.length) return;
    this.#message = undefined;
    this.#onMessage(message);
  }
}
