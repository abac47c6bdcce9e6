import type { StreamTap } from './tapped-socket.ts';

export interface PausableTapInit {
  /** How many bytes the sender may have under way. */
  windowBytes: number;
  /** The next bytes: a view that is only good during the call. It may pause the tap. */
  onBytes: (bytes: Uint8Array) => void;
  /** It is open, or open again, and all that came meanwhile has been handed on. */
  onDrained: () => void;
  /** The sender sent more than it was let. */
  onExcess: () => void;
  /** Lets the sender send so many bytes more. */
  allow: (bytes: number) => void;
}

/**
 * Hands the bytes of a stream on as they come, and keeps them while it is paused; the sender is then let send no more than the
 * window that it has, so that this is the most that is ever kept. It begins paused.
 */
export class PausableTap implements StreamTap {
  readonly #init: PausableTapInit;
  #kept: Uint8Array[] = [];
  #isOpen = false;
  #isPaused = false;
  #isDraining = false;
  /** What of the window is taken, and not given back yet. */
  #takenBytes = 0;

  constructor(init: PausableTapInit) {
    this.#init = init;
  }

  /** Whether there is something that has not been handed on. */
  get holds(): boolean {
    return this.#kept.length > 0;
  }

  /** Lets bytes through for the first time. */
  open(): void {
    this.#isOpen = true;
    this.#drain();
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    this.#drain();
  }

  onFrame(flowBytes: number): void {
    this.#takenBytes += flowBytes;
    if (this.#takenBytes > this.#init.windowBytes) this.#init.onExcess();
    else if (this.#isFlowing) this.#giveBack();
  }

  onData(bytes: Uint8Array): void {
    if (this.#isFlowing) this.#init.onBytes(bytes);
    else this.#kept.push(Uint8Array.from(bytes));
  }

  get #isFlowing(): boolean {
    return this.#isOpen && !this.#isPaused && this.#kept.length === 0;
  }

  #drain(): void {
    // Who takes the bytes may pause and resume while it takes them.
    if (!this.#isOpen || this.#isDraining) return;
    this.#isDraining = true;
    let handed = 0;
    while (!this.#isPaused && handed < this.#kept.length) {
      const bytes = this.#kept[handed++];
      if (bytes !== undefined) this.#init.onBytes(bytes);
    }
    this.#kept.splice(0, handed);
    this.#isDraining = false;
    if (!this.#isFlowing) return;
    this.#giveBack();
    this.#init.onDrained();
  }

  #giveBack(): void {
    if (this.#takenBytes < this.#init.windowBytes / 4) return;
    this.#init.allow(this.#takenBytes);
    this.#takenBytes = 0;
  }
}
