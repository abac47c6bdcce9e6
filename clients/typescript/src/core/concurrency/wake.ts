/** Wakes whoever waits for something to change. */
export class Wake {
  readonly #waiting = new Set<() => void>();

  /** Resolves at the next {@link all}, or after so many milliseconds. */
  next(timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, timeoutMs);
      this.#waiting.add(wake);
    });
  }

  all(): void {
    for (const wake of [...this.#waiting]) wake();
  }
}
