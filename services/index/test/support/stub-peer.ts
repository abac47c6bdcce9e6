import type { Address } from '@cardume/client';
import { TransferServiceDefinition, type TransferServiceImplementation } from '@cardume/proto/transfer/v1';
import { createLogger, serve, startServer } from '@cardume/service-kit';
import { takesNothing } from '../../../../tests/support/takes-nothing.ts';

/** A real server that answers ListFiles as the peer of an id would, and can do nothing else. */
export interface StubPeer extends AsyncDisposable {
  readonly address: Address;
  /** How often it was asked. */
  readonly askedCount: number;
}

/**
 * Starts a stub peer.
 *
 * @param listen port 0 chooses a free one
 * @param beforeAnswer what it waits for before it answers
 */
export async function startStubPeer(
  peerId: string,
  listen: Address = { host: '127.0.0.1', port: 0 },
  beforeAnswer: (signal: AbortSignal) => Promise<void> = async () => {},
): Promise<StubPeer> {
  let askedCount = 0;
  const unused = async function* (): AsyncGenerator<never> {};
  const implementation: TransferServiceImplementation = {
    download: unused,
    downloadFiles: unused,
    getManifest: unused,
    ...takesNothing,
    watchPieces: unused,
    async listFiles(_request, { signal }) {
      askedCount += 1;
      await beforeAnswer(signal);
      return { peerId };
    },
  };
  const server = await startServer({
    listen,
    insecure: false,
    services: [serve(TransferServiceDefinition, implementation)],
    logger: createLogger({ service: 'stub', level: 'silent' }),
  });
  return {
    address: server.address,
    get askedCount() {
      return askedCount;
    },
    [Symbol.asyncDispose]: () => server.stop(0),
  };
}
