/** What {@link KnownPlaces} are bounded by. */
export interface KnownPlacesInit {
  /** For how long a place is known at the least, in milliseconds; it is twice as long at the most. */
  lifetimeMs: number;
  /** How many are known at the most: of more, those that were noted last. */
  maxPlaces: number;
}

/** The places from which members have called lately. */
export class KnownPlaces {
  readonly #init: KnownPlacesInit;
  /** Those that were noted since the last turn, … */
  #recent = new Set<string>();
  /** … and those of the time before. */
  #before = new Set<string>();
  #turnedMs: number;

  constructor(init: KnownPlacesInit, nowMs: number) {
    this.#init = init;
    this.#turnedMs = nowMs;
  }

  /** How many take memory. */
  get count(): number {
    return this.#recent.size + this.#before.size;
  }

  note(place: string, nowMs: number): void {
    this.#age(nowMs);
    if (this.#recent.has(place)) return;
    if (2 * this.#recent.size >= this.#init.maxPlaces) this.#turn(nowMs);
    this.#recent.add(place);
  }

  has(place: string, nowMs: number): boolean {
    this.#age(nowMs);
    return this.#recent.has(place) || this.#before.has(place);
  }

  #age(nowMs: number): void {
    const { lifetimeMs } = this.#init;
    if (nowMs - this.#turnedMs < lifetimeMs) return;
    // Nobody was asked for since long ago: those noted before the last turn are older than they may be.
    if (nowMs - this.#turnedMs >= 2 * lifetimeMs) this.#recent.clear();
    this.#turn(nowMs);
  }

  #turn(nowMs: number): void {
    this.#before = this.#recent;
    this.#recent = new Set();
    this.#turnedMs = nowMs;
  }
}
