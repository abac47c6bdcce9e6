import { CardumeError } from '@cardume/client';
import type { ServerInterceptingCallInterface } from '@grpc/grpc-js';
import { resetCall } from './call-internals.ts';
import type { SendTurns, Turn } from './send-turns.ts';

/** What a {@link FramedSender} needs. */
export interface FramedSenderInit {
  call: ServerInterceptingCallInterface;
  /** Those of the call's connection. */
  turns: SendTurns;
  signal: AbortSignal;
  stallTimeoutMs: number;
}

/** A message that is not sent yet. */
interface Sending {
  /** Undefined while it waits for its turn. */
  turn: Turn | undefined;
  reject: (error: unknown) => void;
}

/**
 * Sends the framed messages of one call, and ends the call when its caller takes none for too long: such a call holds
 * memory, and whatever else its handler holds, for as long as its connection lives.
 */
export class FramedSender {
  readonly #init: FramedSenderInit;
  readonly #sending = new Set<Sending>();
  #failure: { error: unknown } | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(init: FramedSenderInit) {
    this.#init = init;
    init.signal.addEventListener('abort', this.#onAbort);
    if (init.signal.aborted) this.#onAbort();
  }

  /** Sends one message: see `RawStreamContext.send`. */
  async send(framed: Buffer): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure.error;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const sending: Sending = { turn: undefined, reject };
    this.#sending.add(sending);
    this.#watch();
    this.#init.turns.request((turn) => {
      // It failed while it waited.
      if (!this.#sending.has(sending)) {
        turn.end();
        return;
      }
      sending.turn = turn;
      this.#init.call.sendMessage(framed, () => {
        this.#sending.delete(sending);
        this.#watch();
        turn.end();
        resolve();
      });
    });
    return promise;
  }

  /** Stops watching; to be called when the handler has ended. */
  close(): void {
    clearTimeout(this.#timer);
    this.#init.signal.removeEventListener('abort', this.#onAbort);
  }

  /** Begins the time anew: there is something to take, or something was taken. */
  #watch(): void {
    if (this.#timer === undefined) this.#timer = setTimeout(() => this.#onTimeout(), this.#init.stallTimeoutMs);
    else this.#timer.refresh();
  }

  #onTimeout(): void {
    // A handler that is busy otherwise is not stalled by its caller. One that waits for its turn is: either the caller
    // takes nothing of the whole connection, or it has more streams on it than it can read.
    if (this.#sending.size === 0) return;
    const { call, stallTimeoutMs } = this.#init;
    this.#fail(new CardumeError('TIMED_OUT', `the caller took too little for ${stallTimeoutMs / 1000} s`));
    resetCall(call);
  }

  readonly #onAbort = (): void => this.#fail(this.#init.signal.reason);

  #fail(error: unknown): void {
    this.#failure ??= { error };
    const failed = [...this.#sending];
    this.#sending.clear();
    for (const { turn, reject } of failed) {
      reject(error);
      turn?.end();
    }
  }
}
