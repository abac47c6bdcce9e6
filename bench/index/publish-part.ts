import { formatAddress, type IndexClient, type Lease, openIndex } from '@cardume/client';
import { findGhz, indexCall, runGhz } from './ghz.ts';
import { type IndexServer, startIndexServer } from './index-server.ts';
import { FileSource, listOf, peerIdOf } from './names.ts';

const fileCount = 100_000;
const entriesPerMessage = 2_000;
const rounds = 3;

/** One list that was published. */
interface Published {
  seconds: number;
  lease: Lease;
  /** What the peer joins with. */
  input: Parameters<IndexClient['join']>[0];
  listFingerprint: Uint8Array;
}

/**
 * One peer that joins and publishes a long list, of names that nobody else has; then one more while somebody searches. Returns lines
 * of Markdown.
 */
export async function measurePublish(database: string, folder: string, say: (text: string) => void): Promise<string[]> {
  const lines = [
    `### Join and Publish of ${fileCount} files`,
    '',
    '| round | rows/s | s | peak RSS of the index, MiB | joined again with the fingerprint, ms |',
    '|---|---|---|---|---|',
  ];
  const server = await startIndexServer(database, '1m');
  const index = openIndex(server.address);
  try {
    const source = new FileSource(fileCount * (rounds + 1));
    let lastSeconds = 0;
    for (let round = 1; round <= rounds; round += 1) {
      const { seconds, lease, input, listFingerprint } = await publish(index, source, round);
      const againMs = performance.now();
      const again = await index.join({ ...input, files: [], leaseSecret: lease.leaseSecret, listFingerprint });
      if (!again.listKept || again.fileCount !== fileCount) throw new Error('the list was not kept');
      const joinMs = performance.now() - againMs;
      lines.push(
        `| ${round} | ${Math.round(fileCount / seconds)} | ${seconds.toFixed(2)} | ${Math.round(server.peakMiB())} | ${joinMs.toFixed(1)} |`,
      );
      say(lines.at(-1) ?? '');
      lastSeconds = seconds;
      // What the last one lists is searched for.
      if (round < rounds) await index.leave({ ...lease, ...again });
    }
    lines.push('', ...(await searchMeanwhile(server, index, source, lastSeconds, folder)));
    say(lines.at(-1) ?? '');
  } finally {
    index.close();
    await server.process.stop();
  }
  return [...lines, ''];
}

/** How long somebody waits who searches for exact names, one after the other, while a long list comes. */
async function searchMeanwhile(
  server: IndexServer,
  index: IndexClient,
  source: FileSource,
  seconds: number,
  folder: string,
): Promise<string[]> {
  const ghz = findGhz();
  if (ghz === undefined) return ['Searches meanwhile: skipped, ghz is not installed.'];
  const names = listOf(source, rounds, 500).map(({ name }) => name);
  const search = {
    ghz,
    folder,
    address: formatAddress(server.address),
    ...indexCall('Search'),
    messages: names.map((query) => ({ query, match_mode: 'MATCH_MODE_EXACT' })),
    inFlight: 1,
  };
  const calm = await runGhz({ ...search, length: { seconds: 3 } });
  const [meanwhile, published] = await Promise.all([
    runGhz({ ...search, length: { seconds: Math.ceil(seconds) } }),
    publish(index, source, rounds + 1),
  ]);
  const row = (what: string, { perSecond, p50Ms, p99Ms }: typeof calm): string =>
    `| ${what} | ${Math.round(perSecond)} | ${p50Ms.toFixed(1)} | ${p99Ms.toFixed(1)} |`;
  return [
    '| searches of exact names, one in flight | per second | p50, ms | p99, ms |',
    '|---|---|---|---|',
    row('before', calm),
    row(`while such a list comes, in ${published.seconds.toFixed(2)} s`, meanwhile),
  ];
}

async function publish(index: IndexClient, source: FileSource, round: number): Promise<Published> {
  const files = listOf(source, round, fileCount);
  const listFingerprint = new Uint8Array([round]);
  const startMs = performance.now();
  const input = {
    peerId: peerIdOf(round),
    host: '127.0.0.1',
    port: 1,
    shareName: 'bench',
    files: files.slice(0, entriesPerMessage),
  };
  const lease = await index.join(input);
  const published = await index.publish(lease, changesOf(files.slice(entriesPerMessage), listFingerprint));
  const seconds = (performance.now() - startMs) / 1_000;
  if (published.fileCount !== fileCount) throw new Error(`the index lists ${published.fileCount} files`);
  return { seconds, lease, input, listFingerprint };
}

function* changesOf(files: ReturnType<typeof listOf>, listFingerprint: Uint8Array) {
  for (let at = 0; at < files.length; at += entriesPerMessage) {
    yield { added: files.slice(at, at + entriesPerMessage), listFingerprint };
  }
}
