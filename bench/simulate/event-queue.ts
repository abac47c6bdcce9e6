/** Something that happens at a time. Its time may be changed while it waits. */
export interface SimEvent {
  atMs: number;
  /** Where it waits in the queue; -1: it does not. Owned by the queue. */
  slot: number;
  /** Of events at the same time the one that was put in first comes first. Owned by the queue. */
  turn: number;
  happen(): void;
}

/** What happens next in a simulated world: a binary heap whose events can be moved. */
export class EventQueue {
  nowMs = 0;
  readonly #heap: SimEvent[] = [];
  #turns = 0;

  get size(): number {
    return this.#heap.length;
  }

  /** Has something happen once, some time from now. */
  after(delayMs: number, happen: () => void): void {
    this.put({ atMs: 0, slot: -1, turn: 0, happen }, this.nowMs + delayMs);
  }

  /** Puts an event in, or moves it. */
  put(event: SimEvent, atMs: number): void {
    event.atMs = atMs;
    event.turn = this.#turns++;
    if (event.slot === -1) {
      event.slot = this.#heap.length;
      this.#heap.push(event);
    }
    this.#up(event);
    this.#down(event);
  }

  remove(event: SimEvent): void {
    if (event.slot === -1) return;
    const last = this.#heap.pop();
    if (last !== undefined && last !== event) {
      this.#place(last, event.slot);
      this.#up(last);
      this.#down(last);
    }
    event.slot = -1;
  }

  /** Lets the next event happen. @returns false when there is none */
  step(): boolean {
    const [next] = this.#heap;
    if (next === undefined) return false;
    this.remove(next);
    this.nowMs = next.atMs;
    next.happen();
    return true;
  }

  #place(event: SimEvent, slot: number): void {
    this.#heap[slot] = event;
    event.slot = slot;
  }

  #up(event: SimEvent): void {
    let { slot } = event;
    while (slot > 0) {
      const parent = this.#heap[(slot - 1) >> 1];
      if (parent === undefined || !isBefore(event, parent)) break;
      this.#place(parent, slot);
      slot = (slot - 1) >> 1;
    }
    this.#place(event, slot);
  }

  #down(event: SimEvent): void {
    let { slot } = event;
    for (;;) {
      const left = this.#heap[2 * slot + 1];
      const right = this.#heap[2 * slot + 2];
      const child = left !== undefined && right !== undefined && isBefore(right, left) ? right : left;
      if (child === undefined || !isBefore(child, event)) break;
      const childSlot = child.slot;
      this.#place(child, slot);
      slot = childSlot;
    }
    this.#place(event, slot);
  }
}

function isBefore(a: SimEvent, b: SimEvent): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.turn < b.turn);
}
