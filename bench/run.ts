// `make bench`: measures hashing, shares, downloads and searches, each against the plainest way to do the same, and
// appends what it found to bench/RESULTS.md. Numbers of a busy machine vary; the ratio of two that ran in turn says most.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { benchDownload } from './download.ts';
import { benchHashing } from './hashing.ts';
import { benchSearch } from './search.ts';
import { benchSharingLarge, benchSharingSmall } from './sharing.ts';
import { appendResults } from './support/append-results.ts';
import { describeRun } from './support/describe-run.ts';
import { medianAndRange } from './support/median-and-range.ts';
import { withServers } from './support/start-servers.ts';

const rounds = 7;
const folder = mkdtempSync(join(tmpdir(), 'cardume-bench-'));

try {
  const benchmarks = [
    () => benchHashing(rounds),
    () => benchSharingLarge(rounds, folder),
    () => benchSharingSmall(rounds, folder),
    () => withServers((start) => benchDownload(rounds, folder, start)),
    () => withServers((start) => benchSearch(rounds, start)),
  ];
  const lines = ['| what | unit | ours | plain | ours / plain |', '|---|---|---|---|---|'];
  const notes: string[] = [];
  for (const benchmark of benchmarks) {
    const { name, unit, digits, ours, plain, ratios, note } = await benchmark();
    const cells = [medianAndRange(ours, digits), medianAndRange(plain, digits), medianAndRange(ratios, 2)];
    lines.push(`| ${name} | ${unit} | ${cells.join(' | ')} |`);
    notes.push(`- ${name}: ${note}.`);
    console.log(`${name}\n  ${unit}: ours ${cells[0]}, plain ${cells[1]}, ratio ${cells[2]}`);
  }
  const method = `medians of ${rounds} interleaved pairs, with ranges`;
  appendResults([...describeRun({ command: 'make bench', method }), '', ...lines, '', ...notes]);
} finally {
  rmSync(folder, { recursive: true });
}
