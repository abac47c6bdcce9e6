// `npm run bench:tunnel -- [TREE]`: how fast bytes come through one tunnel of a relay over paths of several round trips, beside another
// checkout of the repository when one is given; appends what it found to bench/RESULTS.md.
import { join } from 'node:path';
import { runCommand } from '../tests/support/run-command.ts';
import { appendResults } from './support/append-results.ts';
import { describeRun } from './support/describe-run.ts';
import { medianAndRange } from './support/median-and-range.ts';
import { type BesideOptions, readBeside } from './support/read-arguments.ts';
import { runMain } from './support/run-main.ts';

const roundTripsMs = [20, 50, 150];
const rounds = 3;
const script = join(import.meta.dirname, 'paths/one-tunnel.ts');
const usage = `npm run bench:tunnel -- [TREE]

  TREE     another checkout of the repository, to be measured beside this one
  --help   this text`;

async function main(_: readonly string[], { other }: BesideOptions): Promise<void> {
  const trees = [...(other === undefined ? [] : [other]), join(import.meta.dirname, '..')];
  const rows: string[] = [];
  for (const roundTripMs of roundTripsMs) {
    const rates = trees.map((): number[] => []);
    for (let round = 0; round < rounds; round++) {
      for (const [index, tree] of trees.entries()) {
        const { code, stdout, stderr } = await runCommand(process.execPath, [script, tree, String(roundTripMs)], {});
        if (code !== 0) throw new Error(stderr);
        rates[index]?.push(Number(stdout) / 1e6);
        console.error(`${roundTripMs} ms, ${round + 1}: ${tree} ${(Number(stdout) / 1e6).toFixed(2)} MB/s`);
      }
    }
    rows.push(`| ${roundTripMs} | ${rates.map((each) => medianAndRange(each, 2)).join(' | ')} |`);
  }
  const lines = [
    ...describeRun({
      command: `npm run bench:tunnel${other === undefined ? '' : ' -- TREE'}`,
      method: `medians of ${rounds} interleaved rounds, with ranges`,
    }),
    '',
    '### One tunnel of a relay: MB/s',
    '',
    'From a peer at the far end of the path to a caller beside the relay; all in one process, without TLS, over 3 s after a warm-up.',
    '',
    `| round trip, ms | ${trees.length > 1 ? 'before | after' : 'this commit'} |`,
    `|---|${trees.map(() => '---|').join('')}`,
    ...rows,
  ];
  console.log(lines.join('\n'));
  appendResults(lines);
}

await runMain(usage, readBeside, main);
