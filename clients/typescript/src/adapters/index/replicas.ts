import { attemptMs, maxSilenceMs } from '../../core/failover/attempt-time.ts';
import { noneAnswers } from '../../core/failover/none-answers.ts';
import { isWorthAskingAnother, Turns } from '../../core/failover/turns.ts';
import type { CardumeError } from '../../errors/cardume-error.ts';
import { cardumeErrorFrom } from '../../errors/from-unknown.ts';
import { defaultDeadlineMs } from '../grpc/grpc-client.ts';

/** A stream that ends sooner after it began has brought nobody further: its server counts as asked in vain. */
const steadyMs = 1_000;

/** Asks replicas of one index, of which any may be gone. */
export class Replicas<Replica extends { readonly target: string }> {
  readonly #replicas: readonly Replica[];
  readonly #turns: Turns;

  /** @param replicas the preferred one first */
  constructor(replicas: readonly Replica[]) {
    this.#replicas = replicas;
    this.#turns = new Turns(replicas.length);
  }

  /**
   * Asks the replica in use, and when that cannot answer, the others in turn, all within the time of one call: for what may be
   * asked twice.
   *
   * @param call is told for how long it may take
   * @param endMs when the time of the call is over, on the clock of `performance.now()`. Default: in 10 s
   * @throws CardumeError what a replica answered; the reason of the last one when none could, with what came of each
   */
  async ask<Result>(
    call: (replica: Replica, deadlineMs: number) => Promise<Result>,
    endMs = performance.now() + defaultDeadlineMs,
  ): Promise<Result> {
    const failures = new Map<number, CardumeError>();
    for (;;) {
      const leftMs = endMs - performance.now();
      const [number, replica] = this.#next(failures);
      // Timers may fire a little early.
      if (failures.size > 0 && leftMs < 50) throw this.#noneAnswers(failures);
      const timeMs = Math.ceil(attemptMs(leftMs, this.#replicas.length - failures.size - 1) / 100) * 100;
      try {
        const result = await call(replica, timeMs);
        this.#turns.answered(number);
        return result;
      } catch (thrown) {
        this.#takeFailure(number, cardumeErrorFrom(thrown), failures);
      }
    }
  }

  /**
   * Sends something to the replica in use, and when that fails, to the others in turn, as long as it may be sent again. It has no
   * time of its own.
   *
   * @throws CardumeError what a replica answered; its failure when it may not be sent again; as `ask`
   */
  async send<Result>(call: (replica: Replica) => Promise<Result>, mayRepeat: () => boolean): Promise<Result> {
    const failures = new Map<number, CardumeError>();
    for (;;) {
      // One that may be silent is for calls to try that take little time.
      const number = failures.size === 0 ? this.#turns.inUse : this.#next(failures)[0];
      const replica = this.#replicas[number];
      if (replica === undefined) throw this.#noneAnswers(failures);
      try {
        return await call(replica);
      } catch (thrown) {
        const error = cardumeErrorFrom(thrown);
        this.#takeFailure(number, error, failures);
        if (!mayRepeat()) throw error;
      }
    }
  }

  /**
   * Follows a stream at the replica in use. When it ends before its time, it is begun again at the next one, by whoever knows
   * where it was; when each of them has failed with little or nothing to show, it throws.
   *
   * @param begin begins it where it was; is told for how long the first message may take, undefined: as long as any
   */
  async *follow<Message>(
    begin: (replica: Replica, firstMs: number | undefined) => AsyncIterable<Message>,
  ): AsyncGenerator<Message, void, undefined> {
    const failures = new Map<number, CardumeError>();
    for (;;) {
      const [number, replica] = this.#next(failures);
      const isLast = failures.size === this.#replicas.length - 1;
      const beganMs = performance.now();
      let isAnswered = false;
      try {
        for await (const message of begin(replica, isLast ? undefined : maxSilenceMs)) {
          if (!isAnswered) this.#turns.answered(number);
          isAnswered = true;
          yield message;
        }
        return;
      } catch (thrown) {
        if (isAnswered && performance.now() - beganMs >= steadyMs) failures.clear();
        this.#takeFailure(number, cardumeErrorFrom(thrown), failures);
      }
    }
  }

  /** The replica that is in use. */
  get inUse(): Replica {
    const replica = this.#replicas[this.#turns.inUse];
    if (replica === undefined) throw this.#noneAnswers(new Map());
    return replica;
  }

  /** @throws CardumeError when all of them have failed */
  #next(failures: ReadonlyMap<number, CardumeError>): [number, Replica] {
    const number = this.#turns.next(failures, performance.now());
    const replica = number === undefined ? undefined : this.#replicas[number];
    if (number === undefined || replica === undefined) throw this.#noneAnswers(failures);
    return [number, replica];
  }

  /** @throws CardumeError the failure itself when it is an answer */
  #takeFailure(number: number, error: CardumeError, failures: Map<number, CardumeError>): void {
    if (!isWorthAskingAnother(error)) {
      // Who gives up waiting has learned nothing of the replica.
      if (error.reason !== 'CANCELLED') this.#turns.answered(number);
      throw error;
    }
    this.#turns.failed(number, performance.now());
    failures.set(number, error);
  }

  #noneAnswers(failures: ReadonlyMap<number, CardumeError>): CardumeError {
    return noneAnswers(
      this.#replicas.map(({ target }) => target),
      failures,
    );
  }
}
