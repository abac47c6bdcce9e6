import { type IndexClient, openIndex } from '@cardume/client';
import { openChannel } from '@cardume/client/channel';
import { type IndexOptions, type RunningIndex, startIndex } from '@cardume/index';
import { type IndexServiceClient, IndexServiceDefinition } from '@cardume/proto/index/v1';

/** A running index with what talks to it. */
export interface TestIndex extends AsyncDisposable {
  readonly server: RunningIndex;
  /** The SDK's client. */
  readonly index: IndexClient;
  /** A client that sends any message. */
  readonly raw: IndexServiceClient;
}

/** Starts an index on a free port of loopback; dispose of it at the end of the test. */
export async function startTestIndex(options: IndexOptions = {}): Promise<TestIndex> {
  const server = await startIndex({ listen: '127.0.0.1:0', logLevel: 'silent', ...options });
  const index = openIndex(server.address);
  const channel = openChannel(server.address, 'index');
  return {
    server,
    index,
    raw: channel.client(IndexServiceDefinition),
    async [Symbol.asyncDispose]() {
      index.close();
      channel.close();
      await server.stop(0);
    },
  };
}
