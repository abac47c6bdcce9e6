/** The index of a simulated network: who is there. Everybody who downloads is a holder at once, of nothing at first. */
export class SimIndex<Peer> {
  readonly #peers: Peer[] = [];

  get peers(): readonly Peer[] {
    return this.#peers;
  }

  add(peer: Peer): void {
    this.#peers.push(peer);
  }

  remove(peer: Peer): void {
    const at = this.#peers.indexOf(peer);
    const last = this.#peers.pop();
    if (last !== undefined && last !== peer) this.#peers[at] = last;
  }

  /** So many holders at random, or all when there are no more. */
  holders(count: number, random: () => number): Peer[] {
    const { length } = this.#peers;
    if (length <= count + 1) return [...this.#peers];
    const chosen = new Set<Peer>();
    for (let tries = 0; chosen.size < count && tries < 4 * count; tries++) {
      const peer = this.#peers[Math.floor(random() * length)];
      if (peer !== undefined) chosen.add(peer);
    }
    return [...chosen];
  }
}
