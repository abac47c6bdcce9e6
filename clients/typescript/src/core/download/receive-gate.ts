/** What a {@link ReceiveGate} opens and closes. */
export interface Pausable {
  pause(): void;
  resume(): void;
}

/** How much may wait: from `closeAt` on nothing more is received, until `openAt` are left. */
export interface ReceiveGateInit {
  closeAt: number;
  openAt: number;
}

/**
 * Lets bytes come as long as two things allow it: what came is written, and the rate is kept. A stream is resumed when
 * neither holds it back any more.
 */
export class ReceiveGate {
  readonly #init: ReceiveGateInit;
  readonly #stream: Pausable;
  #isFull = false;
  #isHeld = false;
  #rateTimer: NodeJS.Timeout | undefined;
  #isOver = false;

  constructor(stream: Pausable, init: ReceiveGateInit) {
    this.#stream = stream;
    this.#init = init;
  }

  /** Tells how much waits to be written now. */
  waiting(count: number): void {
    if (count >= this.#init.closeAt && !this.#isFull) {
      this.#isFull = true;
      this.#stream.pause();
    } else if (count <= this.#init.openAt && this.#isFull) {
      this.#isFull = false;
      this.#resume();
    }
  }

  /** Lets nothing more come until it is said for how long. */
  hold(): void {
    this.#isHeld = true;
    this.#stream.pause();
  }

  /** Lets nothing more come for so many milliseconds. */
  waitFor(ms: number): void {
    this.#isHeld = false;
    if (ms <= 0 || this.#rateTimer !== undefined || this.#isOver) {
      this.#resume();
      return;
    }
    this.#stream.pause();
    this.#rateTimer = setTimeout(() => {
      this.#rateTimer = undefined;
      this.#resume();
    }, ms);
  }

  /** Says that the stream has ended: nothing is waited for any more. */
  end(): void {
    this.#isOver = true;
    clearTimeout(this.#rateTimer);
  }

  #resume(): void {
    if (!this.#isFull && !this.#isHeld && this.#rateTimer === undefined && !this.#isOver) this.#stream.resume();
  }
}
