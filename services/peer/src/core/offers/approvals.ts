import { approvalLifetimeMs, maxApprovals } from '../limits.ts';

/** Remembers for a while what was accepted by somebody who was asked, so that nobody is asked twice for one thing. */
export class Approvals {
  /** When each is forgotten, the first first. */
  readonly #until = new Map<string, number>();

  add(key: string, nowMs: number): void {
    this.#until.delete(key);
    this.#until.set(key, nowMs + approvalLifetimeMs);
    for (const first of this.#until.keys()) {
      if (this.#until.size <= maxApprovals) return;
      this.#until.delete(first);
    }
  }

  has(key: string, nowMs: number): boolean {
    return (this.#until.get(key) ?? 0) > nowMs;
  }
}
