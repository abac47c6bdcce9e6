import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Duplex, pipeline } from 'node:stream';

/** The longest path of a local socket that every system takes, in bytes. */
const maxSocketPathBytes = 100;

/**
 * Lets connections to a local socket through a tunnel each: so all that dials a peer, in threads, too, has no need to know of
 * relays. The socket is this user's alone.
 */
export class TunnelBridge {
  /** What to connect to in the place of the peer. */
  readonly socketPath: string;
  readonly #folder: string;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #isClosing = false;

  private constructor(folder: string, socketPath: string, server: Server) {
    this.#folder = folder;
    this.socketPath = socketPath;
    this.#server = server;
  }

  /**
   * Opens a bridge. It keeps no process alive.
   *
   * @param connect opens a tunnel; that it rejects ends the connection that asked for it
   */
  static async open(connect: () => Promise<Duplex>): Promise<TunnelBridge> {
    const folder = mkdtempSync(join(shortTemporaryFolder(), 'cardume-'));
    const socketPath = process.platform === 'win32' ? `\\\\.\\pipe\\${folder}` : join(folder, 'peer');
    const server = createServer({ pauseOnConnect: true }, (socket) => bridge.#join(socket, connect));
    const bridge = new TunnelBridge(folder, socketPath, server);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    server.once('error', reject);
    server.listen(socketPath, resolve);
    server.unref();
    try {
      await promise;
    } catch (error) {
      bridge.close();
      throw error;
    }
    return bridge;
  }

  /** Cuts what goes through it. */
  close(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.closeWhenIdle();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** Takes no further connections; those that there are go on to their end. */
  closeWhenIdle(): void {
    this.#isClosing = true;
    this.#server.close();
    this.#removeWhenIdle();
  }

  #removeWhenIdle(): void {
    if (this.#isClosing && this.#sockets.size === 0) rmSync(this.#folder, { recursive: true, force: true });
  }

  #join(socket: Socket, connect: () => Promise<Duplex>): void {
    this.#sockets.add(socket);
    socket.once('close', () => {
      this.#sockets.delete(socket);
      this.#removeWhenIdle();
    });
    // Of the two ends of one connection either may fail; whoever uses it hears that it ended.
    socket.on('error', () => undefined);
    connect().then(
      (tunnel) => void pipeline(socket, tunnel, socket, () => undefined),
      () => socket.destroy(),
    );
  }
}

/** A folder whose paths are not too long for a socket. */
function shortTemporaryFolder(): string {
  const usual = tmpdir();
  return Buffer.byteLength(usual) + '/cardume-XXXXXX/peer'.length > maxSocketPathBytes ? '/tmp' : usual;
}
