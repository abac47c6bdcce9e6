import { TransferServiceDefinition, type TransferServiceImplementation } from '@cardume/proto/transfer/v1';
import { ChannelCredentials, makeGenericClientConstructor, type ServiceError } from '@grpc/grpc-js';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { takesNothing } from '../../../tests/support/takes-nothing.ts';
import { createLogger, type RunningServer, serve, startServer } from '../src/index.ts';

let server: RunningServer;

beforeAll(async () => {
  const implementation: TransferServiceImplementation = {
    // biome-ignore lint/correctness/useYield: it is never to be reached
    async *download() {
      throw new Error('an undecodable request reached the handler');
    },
    // biome-ignore lint/correctness/useYield: as above
    async *downloadFiles() {
      throw new Error('an undecodable request reached the handler');
    },
    // biome-ignore lint/correctness/useYield: as above
    async *getManifest() {
      throw new Error('an undecodable request reached the handler');
    },
    ...takesNothing,
    // biome-ignore lint/correctness/useYield: as above
    async *watchPieces() {
      throw new Error('an undecodable request reached the handler');
    },
    async listFiles() {
      return { fileCount: 7 };
    },
  };
  server = await startServer({
    listen: { host: '127.0.0.1', port: 0 },
    insecure: false,
    services: [serve(TransferServiceDefinition, implementation)],
    logger: createLogger({ service: 'test', level: 'silent' }),
  });
});
afterAll(() => server.stop());

/** Sends bytes as the request of a unary call, whatever they are. */
function send(method: string, bytes: Buffer): Promise<{ error: ServiceError | null; answer: Buffer | undefined }> {
  const raw = (value: Buffer): Buffer => value;
  const Client = makeGenericClientConstructor({}, 'raw');
  const client = new Client(`127.0.0.1:${server.address.port}`, ChannelCredentials.createInsecure());
  return new Promise((resolve) => {
    client.makeUnaryRequest(`/cardume.transfer.v1.TransferService/${method}`, raw, raw, bytes, (error, answer) => {
      client.close();
      resolve({ error, answer });
    });
  });
}

test('a request that is not the message of its method is INVALID_ARGUMENT, never INTERNAL', async () => {
  const { error } = await send('ListFiles', Buffer.from('0a', 'hex'));
  expect(error).toMatchObject({ code: 3, details: expect.stringContaining('request') });
});

test('a number beyond 2^53 is INVALID_ARGUMENT', async () => {
  // Field 3 (read_offset) as the largest int64.
  const { error } = await send('Download', Buffer.from('18ffffffffffffffff7f', 'hex'));
  expect(error).toMatchObject({ code: 3, details: expect.stringContaining('2^53') });
});

test('a request that can be decoded reaches its handler', async () => {
  const { error, answer } = await send('ListFiles', Buffer.alloc(0));
  expect(error).toBeNull();
  expect(answer).toEqual(Buffer.from('2807', 'hex'));
});
