import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { DownloadRequest, DownloadResponse } from '@cardume/proto/transfer/v1';
import { ChannelCredentials, Client } from '@grpc/grpc-js';
import { beforeAll, expect, test } from '@jest/globals';
import { temporaryFolder } from '../../../tests/support/temporary-folder.ts';
import { type PeerProcess, usePeerProcesses } from './support/peer-process.ts';
import { patterned, writeFiles } from './support/start-test-peer.ts';

const folder = temporaryFolder();
const startPeer = usePeerProcesses();
const mib = 1024 * 1024;
const path = '/cardume.transfer.v1.TransferService/Download';
const smallCount = 1_000;
const largeCount = 100;
const largeBytes = 8 * mib;

/** Distinct content for each file: the pattern from another place on. */
const pattern = patterned(largeBytes + 251 * 16);
function contentOf(index: number, sizeBytes: number): Buffer {
  const start = (index * 7) % 251;
  return Buffer.concat([Buffer.from(`${index}:`), pattern.subarray(start, start + sizeBytes)]).subarray(0, sizeBytes);
}
const smallFiles = new Map(
  Array.from({ length: smallCount }, (_, index) => [`small-${index}`, contentOf(index, 100 + index * 99)]),
);
const largeFiles = new Map(Array.from({ length: 4 }, (_, index) => [`large-${index}`, contentOf(index, largeBytes)]));
const largeNames = Array.from({ length: largeCount }, (_, index) => `large-${index % 4}`);

function hashOf(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** A download by a client of plain grpc-js. */
interface Transfer {
  name: string;
  receivedBytes: number;
  /** The SHA-256 of all bytes, once the call ended with status OK. */
  ended: Promise<string>;
}

function download(client: Client, name: string): Transfer {
  const { promise: ended, resolve, reject } = Promise.withResolvers<string>();
  const hash = createHash('sha256');
  const transfer = { name, receivedBytes: 0, ended };
  const call = client.makeServerStreamRequest(
    path,
    (request: DownloadRequest) => Buffer.from(DownloadRequest.encode(request).finish()),
    DownloadResponse.decode,
    DownloadRequest.fromPartial({ name }),
  );
  call.on('data', ({ payload }: DownloadResponse) => {
    if (payload?.$case !== 'chunk') return;
    transfer.receivedBytes += payload.value.length;
    hash.update(payload.value);
  });
  call.on('error', (error) => reject(new Error(`${name}: ${error.message}`)));
  call.on('end', () => resolve(hash.digest('hex')));
  return transfer;
}

/** Waits until so many transfers have ended. */
function nthEnd(transfers: readonly Transfer[], count: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let ended = 0;
  for (const transfer of transfers) {
    transfer.ended.then(() => {
      ended += 1;
      if (ended === count) resolve();
    }, reject);
  }
  return promise;
}

let peer: PeerProcess;
beforeAll(async () => {
  writeFiles(join(folder, 'share'), Object.fromEntries([...smallFiles, ...largeFiles]));
  peer = await startPeer({ paths: [join(folder, 'share')], stateFolder: join(folder, 'state') });
});

test('1,000 small downloads and 100 large ones at once, all from one address, are served side by side', async () => {
  const { peakBytes: startBytes } = peer.memory();
  const clients = Array.from(
    { length: 5 },
    () =>
      new Client(`127.0.0.1:${peer.port}`, ChannelCredentials.createInsecure(), {
        // A connection for each client.
        'grpc.use_local_subchannel_pool': 1,
      }),
  );
  const clientOf = (index: number): Client => clients[index % clients.length] as Client;
  const large = largeNames.map((name, index) => download(clientOf(index), name));
  const small = [...smallFiles.keys()].map((name, index) => download(clientOf(index), name));

  // The small ones do not wait for the large ones, nor the other way round.
  const smallHashes = Promise.all(small.map(({ ended }) => ended));
  await nthEnd(small, smallCount * 0.9);
  const halted = large.filter(({ receivedBytes }) => receivedBytes === 0);
  expect(halted.map(({ name }) => name)).toEqual([]);
  const receivedBytes = large.reduce((sum, transfer) => sum + transfer.receivedBytes, 0);
  expect(receivedBytes).toBeLessThan((largeCount * largeBytes) / 2);

  const largeHashes = await Promise.all(large.map(({ ended }) => ended));
  expect(await smallHashes).toEqual([...smallFiles.values()].map(hashOf));
  expect(largeHashes).toEqual(largeNames.map((name) => hashOf(largeFiles.get(name) ?? Buffer.alloc(0))));
  // Their chunks take 64 MiB at the most; the rest is V8's, for 1,100 calls.
  expect(peer.memory().peakBytes - startBytes).toBeLessThan(300 * mib);
  for (const client of clients) client.close();
});
