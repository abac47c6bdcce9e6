/** One look that does not find an address may be a device that was down for a moment, which connections outlive. */
const looksInVain = 2;

interface Watched {
  readonly address: string;
  readonly onLost: () => void;
  /** How many looks in a row have not found it; undefined: none has found it yet. */
  missed: number | undefined;
}

/** Notices which of this machine's addresses are its own no more: whatever was sent from there is never answered. */
export class OwnAddresses {
  readonly #watched = new Set<Watched>();
  #found: ReadonlySet<string> = new Set();

  /** How many addresses are watched, each as often as it is. */
  get size(): number {
    return this.#watched.size;
  }

  /**
   * Watches an address. One that no look has found is never lost: it may be of a kind that the system does not list.
   *
   * @param onLost called once, when two looks in a row do not find it any more
   * @returns what ends the watch
   */
  watch(address: string, onLost: () => void): () => void {
    const one: Watched = { address: plain(address), onLost, missed: this.wasFound(address) ? 0 : undefined };
    this.#watched.add(one);
    return () => void this.#watched.delete(one);
  }

  /** Whether the last look has found an address. */
  wasFound(address: string): boolean {
    return this.#found.has(plain(address));
  }

  /** Learns which addresses this machine has, out of turn: none counts as missing. */
  learn(addresses: Iterable<string>): void {
    this.#found = new Set([...addresses].map(plain));
    for (const one of this.#watched) if (this.#found.has(one.address)) one.missed = 0;
  }

  /** Looks at those that this machine has now. */
  look(addresses: Iterable<string>): void {
    this.learn(addresses);
    for (const one of [...this.#watched]) {
      if (one.missed !== undefined && !this.#found.has(one.address)) this.#miss(one, one.missed + 1);
    }
  }

  #miss(one: Watched, missed: number): void {
    one.missed = missed;
    if (missed < looksInVain) return;
    this.#watched.delete(one);
    one.onLost();
  }
}

/** Without its zone, and IPv4 as such: sockets and devices write them differently. */
function plain(address: string): string {
  return address.replace(/%.*$/, '').replace(/^::ffff:(?=\d+\.)/i, '');
}
