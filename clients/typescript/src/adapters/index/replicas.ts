import { isWorthAskingAnother, Turns } from '../../core/failover/turns.ts';
import { CardumeError } from '../../errors/cardume-error.ts';
import { cardumeErrorFrom } from '../../errors/from-unknown.ts';

/** For how long a replica may keep silent while there are others, in milliseconds. */
const silentMs = 3_000;

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
   * Asks the replica in use, and when that cannot answer, the others in turn: for what may be asked twice.
   *
   * @param call is told for how long it may take; undefined: as long as any call
   * @throws CardumeError what a replica answered; of the last one when none could, with what came of each
   */
  async ask<Result>(call: (replica: Replica, deadlineMs: number | undefined) => Promise<Result>): Promise<Result> {
    const order = this.#order();
    const failures: { target: string; error: CardumeError }[] = [];
    for (const [at, { number, replica }] of order.entries()) {
      try {
        const result = await call(replica, at < order.length - 1 ? silentMs : undefined);
        this.#turns.answered(number, performance.now());
        return result;
      } catch (thrown) {
        const error = cardumeErrorFrom(thrown);
        if (!isWorthAskingAnother(error)) {
          if (error.reason !== 'CANCELLED') this.#turns.answered(number, performance.now());
          throw error;
        }
        failures.push({ target: replica.target, error });
      }
    }
    throw noneAnswers(failures);
  }

  /**
   * Follows a stream at the replica in use. When it ends before its time, it is begun again at the next one, by whoever knows
   * where it was; when each of them has failed without a message, it throws.
   *
   * @param begin begins it where it was
   */
  async *follow<Message>(
    begin: (replica: Replica) => AsyncIterable<Message>,
  ): AsyncGenerator<Message, void, undefined> {
    for (let failures: { target: string; error: CardumeError }[] = []; ; ) {
      const { number, replica } = this.#order()[failures.length] ?? {};
      if (number === undefined || replica === undefined) throw noneAnswers(failures);
      try {
        for await (const message of begin(replica)) {
          this.#turns.answered(number, performance.now());
          failures = [];
          yield message;
        }
        return;
      } catch (thrown) {
        const error = cardumeErrorFrom(thrown);
        // With one replica only, its caller decides when to ask again.
        if (this.#replicas.length === 1 || !isWorthAskingAnother(error)) throw error;
        failures.push({ target: replica.target, error });
      }
    }
  }

  /** The replica that is in use. */
  get inUse(): Replica {
    const [first] = this.#order();
    if (first === undefined) throw new CardumeError('UNREACHABLE', 'no index is known');
    return first.replica;
  }

  /** Notes that a replica could not answer something that is not asked for again here: others are asked first from now on. */
  failed(replica: Replica): void {
    const next = (this.#replicas.indexOf(replica) + 1) % this.#replicas.length;
    this.#turns.answered(next, performance.now());
  }

  #order(): { number: number; replica: Replica }[] {
    return this.#turns.order(performance.now()).flatMap((number) => {
      const replica = this.#replicas[number];
      return replica === undefined ? [] : [{ number, replica }];
    });
  }
}

function noneAnswers(failures: readonly { target: string; error: CardumeError }[]): CardumeError {
  const last = failures.at(-1)?.error;
  if (last === undefined) return new CardumeError('UNREACHABLE', 'no index is known');
  if (failures.length === 1) return last;
  const problems = failures.map(({ error }) => error.message).join('; ');
  return new CardumeError(last.reason, `no index answers: ${problems}`, {
    cause: last,
    ...(last.retryDelayMs === undefined ? {} : { retryDelayMs: last.retryDelayMs }),
  });
}
