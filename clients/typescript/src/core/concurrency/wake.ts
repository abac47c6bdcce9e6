/** Wakes whoever waits for something to change. */
export class Wake {
  #waiting: (() => void)[] = [];

  /** Resolves at the next {@link all}, or after so many milliseconds. */
  next(timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, timeoutMs);
      this.#waiting.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  all(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }
}
