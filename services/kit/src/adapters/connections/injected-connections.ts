import type { Duplex } from 'node:stream';

/** Connections of a server that were not made to its port, and that are open. */
export class InjectedConnections {
  readonly #open = new Set<Duplex>();

  add(connection: Duplex): void {
    this.#open.add(connection);
    connection.once('close', () => this.#open.delete(connection));
    // What goes wrong with it is the server's own affair, which destroys it.
    connection.on('error', () => undefined);
  }

  /** Resolves when those that are open now have ended. */
  async ended(): Promise<void> {
    await Promise.all([...this.#open].map((connection) => new Promise((resolve) => connection.once('close', resolve))));
  }

  /** Cuts all. */
  close(): void {
    for (const connection of this.#open) connection.destroy();
  }
}
