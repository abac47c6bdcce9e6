import { CardumeError } from '@cardume/client';
import type { Metadata } from '@grpc/grpc-js';
import type { CallAccount } from '../core/calls/call-accounts.ts';
import type { WaitingCall } from '../core/calls/waiting-calls.ts';
import { maxMetadataLength, maxRequestBytes } from '../core/limits.ts';
import type { AnsweredCall } from './answered-call.ts';
import { endStream, isCompressed, onRequestBytes } from './call-internals.ts';
import { lengthOf } from './grpc-metadata.ts';

/**
 * Takes in what a caller sends in one call, within the server's bounds: how many calls are open, how many bytes of messages
 * are held, and how long a message may take.
 */
export class RequestIntake implements WaitingCall {
  readonly #answered: AnsweredCall;
  readonly #onFailure: (error: unknown) => void;
  #account: CallAccount | undefined;
  #hasFailed = false;
  #isComplete = false;

  /** @param onFailure is told once, with a CardumeError, that the call is beyond a bound */
  constructor(answered: AnsweredCall, onFailure: (error: unknown) => void) {
    this.#answered = answered;
    this.#onFailure = onFailure;
  }

  /** Begins, with what came before the messages. @returns whether the call may go on */
  open(metadata: Metadata): boolean {
    const { call, context, limits, origin } = this.#answered;
    context.received(metadata);
    try {
      this.#account = limits.accounts.open(origin.account);
      origin.connection?.begin();
      this.#account.hold(checkedLength(metadata));
      // grpc-js decompresses at once, and so it counts as long as it may become.
      if (isCompressed(call)) this.#account.hold(maxRequestBytes);
    } catch (error) {
      this.giveUp(error);
      return false;
    }
    onRequestBytes(call, (byteLength) => this.#hold(byteLength));
    return true;
  }

  /** The caller is to send a message now, or to end its call. */
  expect(): void {
    this.#answered.limits.waiting.add(this, this.#answered.limits.nowMs());
  }

  /** It did. */
  received(): void {
    this.#answered.limits.waiting.delete(this);
  }

  /** It has ended its side of the call. */
  complete(): void {
    this.#isComplete = true;
    this.received();
  }

  /** The messages that came are not needed any more. */
  release(): void {
    this.#account?.release();
  }

  giveUp(error: unknown): void {
    if (this.#hasFailed) return;
    this.#hasFailed = true;
    this.received();
    this.#onFailure(error);
  }

  /**
   * The call has ended. A caller that has not ended its side is told to, else its stream would stay as long as it likes.
   *
   * @param afterMs how long the answer has to leave before: what is told at once may overtake it. Default: 0, for who has ended their side
   */
  close({ afterMs = 0 }: { afterMs?: number } = {}): void {
    const { call, origin } = this.#answered;
    this.received();
    if (!this.#isComplete && afterMs === 0) endStream(call);
    else if (!this.#isComplete) setTimeout(() => endStream(call), afterMs).unref();
    if (this.#account === undefined) return;
    this.#account.close();
    this.#account = undefined;
    origin.connection?.end();
  }

  #hold(byteLength: number): void {
    try {
      this.#account?.hold(byteLength);
    } catch (error) {
      this.giveUp(error);
    }
  }
}

function checkedLength(metadata: Metadata): number {
  const length = lengthOf(metadata);
  if (length <= maxMetadataLength) return length;
  const limit = 'maxMetadataLength';
  throw new CardumeError('LIMIT_REACHED', `the call has too much metadata (${limit}); send less`, {
    metadata: { limit },
  });
}
