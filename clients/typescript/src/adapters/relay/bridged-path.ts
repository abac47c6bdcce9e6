import type { Duplex } from 'node:stream';
import type { PathKind } from '../../core/relay/path-kind.ts';
import { TunnelBridge } from './tunnel-bridge.ts';

/** A path to a peer that leads through something else than its own address, for as long as there is no better one. */
export class BridgedPath {
  readonly kind: PathKind;
  readonly socketPath: string;
  readonly #bridge: TunnelBridge;
  readonly #improved = new AbortController();
  readonly #spare: { connection: Duplex | undefined };

  private constructor(kind: PathKind, bridge: TunnelBridge, spare: { connection: Duplex | undefined }) {
    this.kind = kind;
    this.socketPath = bridge.socketPath;
    this.#bridge = bridge;
    this.#spare = spare;
  }

  /**
   * Opens a path.
   *
   * @param first a connection that was made to see whether the peer is there
   * @param connect makes further ones
   */
  static async open(kind: PathKind, first: Duplex, connect: () => Promise<Duplex>): Promise<BridgedPath> {
    const spare: { connection: Duplex | undefined } = { connection: first };
    const bridge = await TunnelBridge.open(async () => {
      const { connection } = spare;
      spare.connection = undefined;
      return connection === undefined || connection.destroyed ? connect() : connection;
    });
    return new BridgedPath(kind, bridge, spare);
  }

  /** Fires when there is a better path. */
  get improved(): AbortSignal {
    return this.#improved.signal;
  }

  /** There is a better one: what is under way goes on to its end. */
  improve(): void {
    this.#improved.abort();
    this.#spare.connection?.destroy();
    this.#bridge.closeWhenIdle();
  }

  /** Cuts what goes through it. */
  close(): void {
    this.#spare.connection?.destroy();
    this.#bridge.close();
  }
}
