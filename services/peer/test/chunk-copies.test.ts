import { truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DownloadRequest } from '@cardume/proto/transfer/v1';
import { ChannelCredentials, Client } from '@grpc/grpc-js';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { type StartedProcess, startProcess } from '../../../tests/support/start-process.ts';
import { temporaryFolder } from '../../../tests/support/temporary-folder.ts';

const folder = temporaryFolder();
const path = join(folder, 'large');
const mib = 1024 * 1024;
const fileBytes = 256 * mib;

beforeAll(() => {
  writeFileSync(path, '');
  truncateSync(path, fileBytes);
});

/** Downloads the file with plain grpc-js, and gives how many bytes its messages had. */
async function downloadAll(port: number): Promise<number> {
  const client = new Client(`127.0.0.1:${port}`, ChannelCredentials.createInsecure(), {
    'grpc-node.flow_control_window': 8 * mib,
  });
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const call = client.makeServerStreamRequest(
    '/cardume.transfer.v1.TransferService/Download',
    (request: DownloadRequest) => Buffer.from(DownloadRequest.encode(request).finish()),
    (message: Buffer) => message.length,
    DownloadRequest.fromPartial({ name: 'large' }),
  );
  let bytes = 0;
  call.on('data', (length: number) => {
    bytes += length;
  });
  call.on('end', () => resolve(bytes));
  call.on('error', reject);
  return promise.finally(() => client.close());
}

/** How many bytes of buffers a server allocates while it serves the file once more. */
async function allocatedWhileServing(how: string): Promise<number> {
  const script = join(import.meta.dirname, 'support/serve-counted.ts');
  const server = startProcess(process.execPath, [script, how, path, join(folder, how)]);
  try {
    const { port } = await server.waitForObject('serving');
    // The first time takes the buffers that are used from then on.
    await downloadAll(Number(port));
    const before = await allocated(server, 1);
    expect(await downloadAll(Number(port))).toBeGreaterThanOrEqual(fileBytes);
    return (await allocated(server, 2)) - before;
  } finally {
    await server.stop();
  }
}

async function allocated(server: StartedProcess, count: number): Promise<number> {
  server.kill('SIGUSR2');
  return Number((await server.waitForObject(`allocated-${count}`)).bytes);
}

describe('the chunk codec copies nothing', () => {
  test('a peer that sends 256 MiB allocates less than 4 MiB of buffers', async () => {
    expect(await allocatedWhileServing('peer')).toBeLessThan(4 * mib);
  });

  test('and such a count would tell: the generated code allocates the bytes several times', async () => {
    expect(await allocatedWhileServing('generated')).toBeGreaterThan(fileBytes);
  });
});
