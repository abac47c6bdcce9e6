import type { ConnectionBounds } from './connection-bounds.ts';

/** What a book does to connections. */
export interface ConnectionActs<Connection> {
  /** Cuts it. */
  cut(connection: Connection): void;
  /** Tells the other side that the connection ends, and ends it when that is done. */
  dismiss(connection: Connection): void;
}

interface Entry {
  place: string;
  /** How many calls it has open. */
  calls: number;
  isDismissed: boolean;
  /** How many of its calls were refused, in the second that began then. */
  refusals: { count: number; sinceMs: number };
}

/** How long a connection that was told to end may stay, in milliseconds. */
const leavingMs = 10_000;

/**
 * Knows the connections of a server, and which of them it has to end.
 *
 * A connection first greets: it has had no call yet, whatever handshakes it is in. Then it is busy, with calls, or idle. Each of
 * the sets below is in the order in which its members may go.
 */
export class ConnectionBook<Connection extends object> {
  readonly #bounds: ConnectionBounds;
  readonly #acts: ConnectionActs<Connection>;
  readonly #entries = new Map<Connection, Entry>();
  readonly #countByPlace = new Map<string, number>();
  readonly #greeting = new Map<Connection, number>();
  readonly #idle = new Map<Connection, number>();
  readonly #leaving = new Map<Connection, number>();

  constructor(bounds: ConnectionBounds, acts: ConnectionActs<Connection>) {
    this.#bounds = bounds;
    this.#acts = acts;
  }

  /** How many there are. */
  get count(): number {
    return this.#entries.size;
  }

  /** All of them. */
  connections(): Connection[] {
    return [...this.#entries.keys()];
  }

  /**
   * Takes a connection that was made. Where all places are taken it gets that of one without a call.
   *
   * @returns whether it may stay
   */
  add(connection: Connection, place: string, nowMs: number): boolean {
    const { maxConnections, maxConnectionsPerPlace, maxGreetings } = this.#bounds;
    const fromThere = this.#countByPlace.get(place) ?? 0;
    if (fromThere >= maxConnectionsPerPlace) return false;
    if (this.#greeting.size >= maxGreetings) this.#cutFirst(this.#greeting);
    if (this.count >= maxConnections && !this.#cutFirst(this.#leaving, this.#greeting, this.#idle)) return false;
    this.#entries.set(connection, { place, calls: 0, isDismissed: false, refusals: { count: 0, sinceMs: nowMs } });
    this.#countByPlace.set(place, (this.#countByPlace.get(place) ?? 0) + 1);
    this.#greeting.set(connection, nowMs);
    return true;
  }

  /** A call of it was let in. */
  begin(connection: Connection): void {
    const entry = this.#entries.get(connection);
    if (entry === undefined) return;
    entry.calls += 1;
    if (entry.calls === 1) this.#forgetRest(connection);
  }

  /** That call ended. */
  end(connection: Connection, nowMs: number): void {
    const entry = this.#entries.get(connection);
    if (entry === undefined) return;
    entry.calls -= 1;
    if (entry.calls === 0) (entry.isDismissed ? this.#leaving : this.#idle).set(connection, nowMs);
  }

  /** A call of it was refused: whoever goes on and on is cut, since also refusing takes time. */
  refused(connection: Connection, nowMs: number): void {
    const refusals = this.#entries.get(connection)?.refusals;
    if (refusals === undefined) return;
    if (nowMs - refusals.sinceMs >= 1_000) Object.assign(refusals, { count: 0, sinceMs: nowMs });
    refusals.count += 1;
    if (refusals.count > this.#bounds.maxRefusalsPerConnection) this.#cut(connection);
  }

  /** It is closed. */
  delete(connection: Connection): void {
    const entry = this.#entries.get(connection);
    if (entry === undefined) return;
    this.#entries.delete(connection);
    this.#forgetRest(connection);
    const left = (this.#countByPlace.get(entry.place) ?? 1) - 1;
    if (left === 0) this.#countByPlace.delete(entry.place);
    else this.#countByPlace.set(entry.place, left);
  }

  /** Ends those that have been without a call for too long. */
  endOverdue(nowMs: number): void {
    const { greetingTimeoutMs, maxIdleMs } = this.#bounds;
    for (const connection of overdue(this.#greeting, nowMs - greetingTimeoutMs)) this.#cut(connection);
    for (const connection of overdue(this.#leaving, nowMs - leavingMs)) this.#cut(connection);
    for (const connection of overdue(this.#idle, nowMs - maxIdleMs)) {
      const entry = this.#entries.get(connection);
      if (entry !== undefined) entry.isDismissed = true;
      this.#idle.delete(connection);
      this.#leaving.set(connection, nowMs);
      this.#acts.dismiss(connection);
    }
  }

  /** Cuts those that had no call yet. */
  cutGreeting(): void {
    for (const connection of [...this.#greeting.keys()]) this.#cut(connection);
  }

  /** Cuts the first one of the first of these that has any. @returns whether there was one */
  #cutFirst(...sets: ReadonlyMap<Connection, number>[]): boolean {
    for (const set of sets) {
      const [first] = set.keys();
      if (first === undefined) continue;
      this.#cut(first);
      return true;
    }
    return false;
  }

  #cut(connection: Connection): void {
    this.delete(connection);
    this.#acts.cut(connection);
  }

  #forgetRest(connection: Connection): void {
    this.#greeting.delete(connection);
    this.#idle.delete(connection);
    this.#leaving.delete(connection);
  }
}

/** The first ones, which are there since that time or longer. */
function overdue<Item>(since: ReadonlyMap<Item, number>, latestMs: number): Item[] {
  const found: Item[] = [];
  for (const [item, sinceMs] of since) {
    if (sinceMs > latestMs) break;
    found.push(item);
  }
  return found;
}
