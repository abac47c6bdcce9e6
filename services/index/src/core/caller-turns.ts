/** What one caller has under way, and who of its calls waits, the first one first. */
interface Caller {
  running: number;
  waiting: (() => void)[];
}

/**
 * Lets each caller do so many things at once, and what is more wait for its turn: whoever asks for a thousand things at once
 * is served as many at a time as everybody else. Only callers that have something under way take memory.
 */
export class CallerTurns {
  readonly #atOnce: number;
  readonly #callers = new Map<string, Caller>();

  /** @param atOnce how many things of one caller go on at once */
  constructor(atOnce: number) {
    this.#atOnce = atOnce;
  }

  /** How many callers have something under way. */
  get callerCount(): number {
    return this.#callers.size;
  }

  /**
   * Runs work when it is its turn.
   *
   * @throws the signal's reason when that fires before; what the work throws
   */
  async run<Result>(caller: string, signal: AbortSignal, work: () => Promise<Result>): Promise<Result> {
    await this.#turn(caller, signal);
    try {
      return await work();
    } finally {
      this.#end(caller);
    }
  }

  async #turn(caller: string, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const own = this.#callers.get(caller) ?? { running: 0, waiting: [] };
    this.#callers.set(caller, own);
    if (own.running < this.#atOnce) {
      own.running += 1;
      return;
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const leave = (): void => {
      own.waiting = own.waiting.filter((other) => other !== resolve);
      reject(signal.reason);
    };
    own.waiting.push(resolve);
    signal.addEventListener('abort', leave, { once: true });
    // Whoever ends gives its turn on, so that the number of those that run stays.
    await promise.finally(() => signal.removeEventListener('abort', leave));
  }

  #end(caller: string): void {
    const own = this.#callers.get(caller);
    if (own === undefined) return;
    const next = own.waiting.shift();
    if (next !== undefined) {
      next();
      return;
    }
    own.running -= 1;
    if (own.running === 0) this.#callers.delete(caller);
  }
}
