/** What passes time; passed in, so that the core has no clock of its own. */
export interface Timers {
  /** Runs a task once, in about `delayMs`. Returns what calls it off. */
  after(delayMs: number, task: () => void): () => void;
  /** Resolves when other work has had its turn. */
  nextTurn(): Promise<void>;
}
