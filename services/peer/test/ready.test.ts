import { join } from 'node:path';
import { IndexServiceDefinition, type IndexServiceImplementation } from '@cardume/proto/index/v1';
import { expect, test } from '@jest/globals';
import { createServer, ServerError, Status } from 'nice-grpc';
import { temporaryFolder } from '../../../tests/support/temporary-folder.ts';
import { maxEntriesPerMessage } from '../src/core/limits.ts';
import { collect, usePeers, writeFiles } from './support/start-test-peer.ts';

const folder = temporaryFolder();
const startPeer = usePeers();

/** An index that takes a list, and answers only when it is told to. */
function createSlowIndex() {
  const taken = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<void>();
  const unimplemented = async (): Promise<never> => {
    throw new ServerError(Status.UNIMPLEMENTED, 'no');
  };
  const methods = Object.keys(IndexServiceDefinition.methods).map((name) => [name, unimplemented]);
  const service = {
    ...(Object.fromEntries(methods) as IndexServiceImplementation),
    join: async () => ({
      peerId: '',
      host: '127.0.0.1',
      leaseSecret: 'secret',
      leaseTtl: { seconds: 30 },
      renewInterval: { seconds: 10 },
      reachable: true,
      takenFileCount: maxEntriesPerMessage,
    }),
    publish: async (messages: AsyncIterable<unknown>) => {
      await collect(messages);
      taken.resolve();
      await answer.promise;
      return { fileCount: maxEntriesPerMessage + 1 };
    },
  };
  return { service, taken: taken.promise, answer: () => answer.resolve() };
}

test('a peer is ready when the index has said that it has the whole list, however many messages that takes', async () => {
  const index = createSlowIndex();
  const server = createServer();
  server.add(IndexServiceDefinition, index.service);
  const port = await server.listen('127.0.0.1:0');
  try {
    const share = join(folder, 'share');
    const names = Array.from({ length: maxEntriesPerMessage + 1 }, (_, number) => `file ${number}`);
    writeFiles(share, Object.fromEntries(names.map((name) => [name, ''])));
    let isReady = false;
    const starting = startPeer({ paths: [share], stateFolder: join(folder, 'state'), index: `127.0.0.1:${port}` });
    const ready = starting.then(() => {
      isReady = true;
    });
    await index.taken;
    expect(isReady).toBe(false);
    index.answer();
    await ready;
  } finally {
    server.forceShutdown();
  }
});
