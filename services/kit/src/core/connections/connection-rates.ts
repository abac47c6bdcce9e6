import {
  calmConnections,
  connectionBurstMs,
  knownPlaceMs,
  maxKnownPlaces,
  maxRatedPlaces,
  strangerPlaces,
} from '../limits.ts';
import { TokenBuckets } from '../token-buckets.ts';
import { KnownPlaces } from './known-places.ts';
import type { ConnectionRefusal } from './refused-connections.ts';

const strangers = 'strangers';

/**
 * Lets each place make so many connections a second over time, and some more at once: each may cost a handshake of TLS. Places
 * from which no member has called lately have a bound together as well, so that nobody with many addresses has more by them;
 * half of it is for those that try only now and then. It says nothing of places where members are: however many strangers come,
 * they are let in.
 */
export class ConnectionRates {
  readonly #nowMs: () => number;
  readonly #places: TokenBuckets;
  readonly #strangers: TokenBuckets;
  readonly #calm: TokenBuckets;
  readonly #leftToCalm: number;
  readonly #known: KnownPlaces;

  /**
   * @param connectionsPerSecond of a place; all strangers have four times as many. Five seconds' worth of them may come at once
   * @param nowMs a clock in milliseconds
   */
  constructor(connectionsPerSecond: number, nowMs: () => number) {
    const buckets = (size: number, maxKeys: number): TokenBuckets =>
      new TokenBuckets({ size, windowMs: connectionBurstMs, maxKeys, nowMs });
    const atOnce = (connectionsPerSecond * connectionBurstMs) / 1_000;
    this.#nowMs = nowMs;
    this.#places = buckets(atOnce, maxRatedPlaces);
    this.#strangers = buckets(atOnce * strangerPlaces, 2);
    this.#calm = buckets(calmConnections, maxRatedPlaces);
    this.#leftToCalm = (atOnce * strangerPlaces) / 2;
    this.#known = new KnownPlaces({ lifetimeMs: knownPlaceMs, maxPlaces: maxKnownPlaces }, nowMs());
  }

  /** Counts a connection that was made. @returns why it may not stay; undefined: it may */
  take(place: string): ConnectionRefusal | undefined {
    if (!this.#places.take(place)) return 'too_often';
    if (this.#known.has(place, this.#nowMs())) return undefined;
    if (this.#strangers.take(strangers, this.#calm.take(place) ? 0 : this.#leftToCalm)) return undefined;
    // It costs no handshake.
    this.#places.giveBack(place);
    return 'too_many_strangers';
  }

  /** Notes that a member calls from a place. */
  welcome(place: string): void {
    this.#known.note(place, this.#nowMs());
  }
}
