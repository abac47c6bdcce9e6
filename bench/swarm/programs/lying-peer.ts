// Shares one file as a peer does, until it is told to lie: lying-peer.ts FILE HOST:PORT INDEX-HOST:PORT
// From SIGUSR2 on one byte in each MiB that it sends is wrong, and from SIGUSR1 on one in each 7 MiB. It is listed at the
// index under the right digest, and its manifest is right. Prints {"type":"joined"} when it is there.
import { randomBytes } from 'node:crypto';
import { open } from 'node:fs/promises';
import { basename } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { hashFile, openIndex, parseAddress } from '@cardume/client';
import {
  type DeepPartial,
  type DownloadFilesResponse,
  type DownloadRequest,
  type DownloadResponse,
  TransferServiceDefinition,
  type TransferServiceImplementation,
} from '@cardume/proto/transfer/v1';
import { createLogger, serve, startServer } from '@cardume/service-kit';

const [path = '', listen = '', indexAddress = ''] = process.argv.slice(2);
const mebibyte = 2 ** 20;
const chunkBytes = mebibyte;
/** In how many bytes one is wrong; 0: none. */
let lieEveryBytes = 0;
process.on('SIGUSR2', () => {
  lieEveryBytes = mebibyte;
});
process.on('SIGUSR1', () => {
  lieEveryBytes = 7 * mebibyte;
});

const manifest = await hashFile(path);
const { digest, sizeBytes, pieceLengthBytes, pieceHashes } = manifest;
const described = { name: basename(path), sizeBytes, digest };
const content = await open(path);
const peerId = randomBytes(32).toString('hex');

function lieIn(chunk: Buffer, offset: number): void {
  if (lieEveryBytes === 0) return;
  const middle = Math.floor(lieEveryBytes / 2);
  const first = Math.ceil((offset - middle) / lieEveryBytes) * lieEveryBytes + middle - offset;
  for (let at = first; at < chunk.length; at += lieEveryBytes) chunk[at] = (chunk[at] ?? 0) ^ 0xff;
}

async function* download({ readOffset, readLimit }: DownloadRequest): AsyncGenerator<DeepPartial<DownloadResponse>> {
  yield { payload: { $case: 'file', value: described } };
  const end = readLimit === 0 ? sizeBytes : Math.min(readOffset + readLimit, sizeBytes);
  for (let at = readOffset; at < end; at += chunkBytes) {
    const chunk = Buffer.allocUnsafe(Math.min(chunkBytes, end - at));
    await content.read(chunk, 0, chunk.length, at);
    lieIn(chunk, at);
    yield { payload: { $case: 'chunk', value: chunk } };
  }
}

const service: TransferServiceImplementation = {
  download,
  async *downloadFiles({ digests }): AsyncGenerator<DeepPartial<DownloadFilesResponse>> {
    for (const _ of digests) yield* download({ digest, name: '', readOffset: 0, readLimit: 0 });
  },
  async *getManifest() {
    yield { sizeBytes, pieceLengthBytes, pieceHashes };
  },
  async *offer() {},
  upload: async () => ({}),
  getUpload: async () => ({}),
  async *watchPieces(_request, { signal }) {
    yield { payload: { $case: 'state', value: { sizeBytes, pieceLengthBytes, complete: true } } };
    await sleep(2 ** 30, undefined, { signal });
  },
  async listFiles() {
    return { files: [described], peerId, shareName: 'liar', fileCount: 1 };
  },
};

const server = await startServer({
  listen: parseAddress(listen, 'where it listens'),
  insecure: true,
  services: [serve(TransferServiceDefinition, service)],
  logger: createLogger({ service: 'peer', level: 'silent' }),
});
const index = openIndex(parseAddress(indexAddress, 'the index'));
const { host, port } = server.address;
const files = [{ ...described, modifyTime: undefined }];
const lease = await index.join({ peerId, host, port, shareName: 'liar', files });
const renewal = setInterval(() => void index.renew(lease).catch(() => {}), lease.renewIntervalMs);
process.once('SIGTERM', async () => {
  clearInterval(renewal);
  index.close();
  await server.stop(0);
  process.exit();
});
console.log(JSON.stringify({ type: 'joined', reachable: lease.reachable }));
