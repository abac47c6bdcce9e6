// Serves one file and counts the memory of buffers that the process takes meanwhile: `serve-counted.ts HOW FILE STATE`.
// HOW is `peer`, or `generated`: a server whose messages go through the generated code, to see that the count sees copies.
// Prints where it serves, and at each SIGUSR2 how many bytes of buffers were allocated so far, as JSON objects.
import { open } from 'node:fs/promises';
import { startPeer } from '@cardume/peer';
import { TransferServiceDefinition } from '@cardume/proto/transfer/v1';
import { createLogger, serve, startServer } from '@cardume/service-kit';
import { takesNothing } from '../../../../tests/support/takes-nothing.ts';
import { absentIndex } from './absent-index.ts';

const [how = '', path = '', stateFolder = ''] = process.argv.slice(2);

/** What is allocated and collected between two looks is missed; a look at each turn of the event loop misses little. */
let allocatedBytes = 0;
let lastBytes = process.memoryUsage().arrayBuffers;
function look(): void {
  const bytes = process.memoryUsage().arrayBuffers;
  allocatedBytes += Math.max(0, bytes - lastBytes);
  lastBytes = bytes;
  setImmediate(look);
}

async function serveGenerated() {
  const file = await open(path);
  const implementation = {
    async *download() {
      for (let position = 0; ; ) {
        const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(1024 * 1024), { position });
        if (bytesRead === 0) return;
        position += bytesRead;
        yield { payload: { $case: 'chunk' as const, value: buffer.subarray(0, bytesRead) } };
      }
    },
    async *downloadFiles() {},
    async *getManifest() {},
    ...takesNothing,
    async *watchPieces() {},
    listFiles: async () => ({}),
  };
  return startServer({
    listen: { host: '127.0.0.1', port: 0 },
    insecure: false,
    services: [serve(TransferServiceDefinition, implementation)],
    logger: createLogger({ service: 'test', level: 'silent', format: 'json' }),
  });
}

const server =
  how === 'peer'
    ? await startPeer({ paths: [path], stateFolder, index: absentIndex, logLevel: 'silent' })
    : await serveGenerated();
process.once('SIGTERM', () => process.exit());
let count = 0;
process.on('SIGUSR2', () => console.log(JSON.stringify({ type: `allocated-${++count}`, bytes: allocatedBytes })));
look();
console.log(JSON.stringify({ type: 'serving', port: server.address.port }));
