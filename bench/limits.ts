// `npm run bench:limits`: what limits let pass, and in which order slots are given; appends what it found to bench/RESULTS.md.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type MeasuredRate, measureDown, measureUp, type RateRun, streamsUp } from './limits/measure-rates.ts';
import { serveCallers } from './limits/serve-callers.ts';
import { appendResults } from './support/append-results.ts';
import { describeRun } from './support/describe-run.ts';
import { readCount } from './support/read-arguments.ts';
import { runMain } from './support/run-main.ts';

const rates = [1e6, 1e7, 1e8];
const callers = 100;
const slots = 4;
const mib = 1024 * 1024;

const usage = `npm run bench:limits -- [FLAGS]

  --seconds N   for how long each rate is measured (default: 10)
  --no-save     print only, and append nothing to bench/RESULTS.md`;

interface Options {
  help: boolean;
  seconds: number;
  save: boolean;
}

function readOptions(args: readonly string[]): Options {
  const options = {
    help: { type: 'boolean', default: false },
    seconds: { type: 'string', default: '10' },
    'no-save': { type: 'boolean', default: false },
  } as const;
  const { values } = parseArgs({ args: [...args], options });
  return { help: values.help, seconds: readCount('--seconds', values.seconds), save: !values['no-save'] };
}

/** What is measured: a name, how, and how many times the rate that is set may pass. */
const ways: { name: string; measure: (run: RateRun) => Promise<MeasuredRate>; times: number }[] = [
  { name: `up, together (${streamsUp} streams)`, measure: (run) => measureUp(run, false), times: 1 },
  { name: `up, each caller (one, ${streamsUp} streams)`, measure: (run) => measureUp(run, true), times: 1 },
  { name: 'down, together (2 sources)', measure: (run) => measureDown(run, false), times: 1 },
  { name: 'down, each source (2 sources)', measure: (run) => measureDown(run, true), times: 2 },
];

async function main(args: readonly string[], { seconds, save }: Options): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'cardume-bench-'));
  try {
    const rows: string[] = [];
    for (const { name, measure, times } of ways) {
      const cells: string[] = [];
      for (const bytesPerSecond of rates) {
        const { bytes, elapsedMs } = await measure({ folder, bytesPerSecond, durationMs: seconds * 1_000 });
        cells.push(((bytes * 1_000) / elapsedMs / bytesPerSecond / times).toFixed(3));
        console.log(name, bytesPerSecond, cells.at(-1));
      }
      rows.push(`| ${name} | ${cells.join(' | ')} |`);
    }
    const shared = { folder, callers, slots, sizeBytes: 3 * mib, bytesPerSecond: 6e7 };
    const { distances, lastPlace, durationMs } = await serveCallers(shared);
    const mean = distances.reduce((sum, distance) => sum + distance, 0) / distances.length;
    const lines = [
      ...describeRun({
        command: ['npm run bench:limits', ...(args.length === 0 ? [] : ['--', ...args])].join(' '),
        method: `one run, ${seconds} s for each rate`,
      }),
      '',
      '### Limits: what passed in a time over what was set',
      '',
      'Peers and callers in one process, over loopback. Bytes of files from the first one on. Of each source: over twice the rate,',
      'since there are two of them.',
      '',
      '| | 1 MB/s | 10 MB/s | 100 MB/s |',
      '|---|---|---|---|',
      ...rows,
      '',
      `### ${callers} callers at ${slots} upload slots`,
      '',
      `Each gets 3 MiB, at 60 MB/s for all: all of them done in ${(durationMs / 1_000).toFixed(1)} s. Nobody is done more than ${Math.max(...distances)} ranks`,
      `before or after the one in which it came; ${mean.toFixed(1)} in the mean. The last place that one was told is ${lastPlace}.`,
    ];
    console.log(lines.join('\n'));
    if (save) appendResults(lines);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

await runMain(usage, readOptions, main);
