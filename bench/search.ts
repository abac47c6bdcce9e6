import { type ListedFile, openIndex, parseAddress } from '@cardume/client';
import { Client, credentials } from '@grpc/grpc-js';
import type { BenchmarkResult } from './support/benchmark.ts';
import { echoService } from './support/echo-service.ts';
import { measurePairs } from './support/measure-pairs.ts';
import type { StartServer } from './support/start-servers.ts';

const fileCount = 10_000;
const callCount = 2_000;
const callsInFlight = 64;

/** Exact searches at an index of 10,000 names, through the SDK, against bare unary calls of grpc-js. */
export async function benchSearch(rounds: number, start: StartServer): Promise<BenchmarkResult> {
  const address = await start.cardume('listening', 'index', '--listen', '127.0.0.1:0', '--database', 'sqlite::memory:');
  const echoAddress = await start.script('bench/servers/echo-server.ts');
  const index = openIndex(parseAddress(address, 'index'));
  const echo = new Client(echoAddress, credentials.createInsecure());
  try {
    const files = Array.from({ length: fileCount }, (_, number) => fileNumber(number));
    await index.join({ host: '127.0.0.1', port: 9, shareName: 'bench', files });

    const search = async (number: number): Promise<void> => {
      const { hits } = await index.search({ query: fileNumber(number % fileCount).name, mode: 'exact' });
      if (hits.length !== 1) throw new Error(`${hits.length} hits instead of one`);
    };
    const bytes = Buffer.from(fileNumber(0).name);
    const call = (): Promise<void> => {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const { path, requestSerialize, responseDeserialize } = echoService.echo;
      echo.makeUnaryRequest(path, requestSerialize, responseDeserialize, bytes, (error) =>
        error === null ? resolve() : reject(error),
      );
      return promise;
    };
    const pairs = await measurePairs(
      rounds,
      () => callsPerSecond(search),
      () => callsPerSecond(call),
    );
    return {
      ...pairs,
      name: 'Exact searches at an index of 10,000 names, against bare unary calls',
      unit: 'per second',
      digits: 0,
      note: `${callsInFlight} in flight; one core each side; the bare call returns the bytes that it gets`,
    };
  } finally {
    index.close();
    echo.close();
  }
}

async function callsPerSecond(call: (number: number) => Promise<void>): Promise<number> {
  let next = 0;
  const startMs = performance.now();
  const worker = async (): Promise<void> => {
    while (next < callCount) await call(next++);
  };
  await Promise.all(Array.from({ length: callsInFlight }, worker));
  return (callCount / (performance.now() - startMs)) * 1_000;
}

function fileNumber(number: number): ListedFile {
  return {
    name: `folder-${number % 100}/report-${number}.pdf`,
    sizeBytes: number,
    digest: number.toString(16).padStart(64, '0'),
    modifyTime: undefined,
  };
}
