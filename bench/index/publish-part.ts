import { openIndex } from '@cardume/client';
import { startIndexServer } from './index-server.ts';
import { FileSource, listOf, peerIdOf } from './names.ts';

const fileCount = 100_000;
const entriesPerMessage = 2_000;
const rounds = 3;

/** One peer that joins and publishes a long list, of names that nobody else has. Returns lines of Markdown. */
export async function measurePublish(database: string, say: (text: string) => void): Promise<string[]> {
  const lines = [
    `### Join and Publish of ${fileCount} files`,
    '',
    '| round | rows/s | s | peak RSS of the index, MiB | joined again with the fingerprint, ms |',
    '|---|---|---|---|---|',
  ];
  const server = await startIndexServer(database, '1m');
  const index = openIndex(server.address);
  try {
    const source = new FileSource(fileCount * 4);
    for (let round = 1; round <= rounds; round += 1) {
      const files = listOf(source, round, fileCount);
      const peerId = peerIdOf(round);
      const listFingerprint = new Uint8Array([round]);
      const startMs = performance.now();
      const input = {
        peerId,
        host: '127.0.0.1',
        port: 1,
        shareName: 'bench',
        files: files.slice(0, entriesPerMessage),
      };
      const lease = await index.join(input);
      const published = await index.publish(lease, changesOf(files.slice(entriesPerMessage), listFingerprint));
      const seconds = (performance.now() - startMs) / 1_000;
      if (published.fileCount !== fileCount) throw new Error(`the index lists ${published.fileCount} files`);
      const againMs = performance.now();
      const again = await index.join({ ...input, files: [], leaseSecret: lease.leaseSecret, listFingerprint });
      if (!again.listKept || again.fileCount !== fileCount) throw new Error('the list was not kept');
      const joinMs = performance.now() - againMs;
      lines.push(
        `| ${round} | ${Math.round(fileCount / seconds)} | ${seconds.toFixed(2)} | ${Math.round(server.peakMiB())} | ${joinMs.toFixed(1)} |`,
      );
      say(lines.at(-1) ?? '');
      await index.leave({ ...lease, ...again });
    }
  } finally {
    index.close();
    await server.process.stop();
  }
  return [...lines, ''];
}

function* changesOf(files: ReturnType<typeof listOf>, listFingerprint: Uint8Array) {
  for (let at = 0; at < files.length; at += entriesPerMessage) {
    yield { added: files.slice(at, at + entriesPerMessage), listFingerprint };
  }
}
