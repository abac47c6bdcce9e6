import { createWriteStream, mkdirSync, rmSync } from 'node:fs';
import { get, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { connect, parseAddress } from '@cardume/client';
import type { BenchmarkResult } from './support/benchmark.ts';
import { measurePairs } from './support/measure-pairs.ts';
import type { StartServer } from './support/start-servers.ts';
import { writeRandomFile } from './support/write-random-file.ts';

const sizeBytes = 256 * 1024 * 1024;
const name = 'random.bin';

/** A download of 256 MiB over loopback, verified and flushed to disk, against plain Node HTTP into a file. */
export async function benchDownload(rounds: number, folder: string, start: StartServer): Promise<BenchmarkResult> {
  const shared = join(folder, 'shared');
  mkdirSync(shared);
  writeRandomFile(join(shared, name), sizeBytes);
  const index = await start.cardume('listening', 'index', '--listen', '127.0.0.1:0', '--database', 'sqlite::memory:');
  const peer = await start.cardume('joined', 'share', shared, '--index', index, '--state', join(folder, 'state'));
  const http = await start.script('bench/servers/http-server.ts', join(shared, name));
  const network = connect({ index });
  const from = parseAddress(peer, 'peer');

  const gigabytesPerSecond = async (download: (target: string) => Promise<unknown>): Promise<number> => {
    const target = join(folder, 'target');
    rmSync(target, { recursive: true, force: true });
    mkdirSync(target);
    const startMs = performance.now();
    await download(target);
    return sizeBytes / 1e6 / (performance.now() - startMs);
  };
  try {
    const pairs = await measurePairs(
      rounds,
      () => gigabytesPerSecond((target) => network.get(name, { folder: target, from })),
      () => gigabytesPerSecond(async (target) => pipeline(await request(http), createWriteStream(join(target, name)))),
    );
    return {
      ...pairs,
      name: 'Download of 256 MiB over loopback to disk, against plain Node HTTP into a file',
      unit: 'GB/s',
      digits: 2,
      note: 'ours hashes every byte, journals and flushes before the name appears; the plain one does none of it',
    };
  } finally {
    network.close();
  }
}

function request(address: string): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  get(`http://${address}/`, resolve).on('error', reject);
  return promise;
}
