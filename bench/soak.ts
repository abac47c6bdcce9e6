// `npm run soak`: many peers that come, go, crash, sleep, move, send and fetch for a while, at random from a seed; then
// it looks whether all that they have is right, whether anything leaked, and whether any lease outlived its peer.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Crowd } from './soak/crowd.ts';
import { type Options, readOptions, usage } from './soak/options.ts';
import { reportOf } from './soak/report.ts';
import { appendResults } from './support/append-results.ts';
import { describeRun } from './support/describe-run.ts';
import { interruptible, runMain } from './support/run-main.ts';

async function main(args: readonly string[], options: Options): Promise<void> {
  if (process.platform !== 'linux')
    throw new Error('it reads memory and descriptors of processes from /proc: Linux only');
  const folder = mkdtempSync(join(tmpdir(), 'cardume-soak-'));
  mkdirSync(join(folder, 'peers'));
  const crowd = new Crowd(folder, options, (text) => console.error(text));
  console.error(`seed ${options.seed}: the same choices again with --seed ${options.seed}`);
  await interruptible(async (signal) => {
    try {
      await crowd.start(signal);
      await crowd.live(options.minutes * 60_000, signal);
      const outcome = await crowd.settle(signal);
      const command = ['npm run soak --', ...args].join(' ');
      const lines = [...describeRun({ command, method: `seed ${options.seed}` }), '', ...reportOf(options, outcome)];
      console.log(lines.join('\n'));
      if (options.save) appendResults(lines);
      if (outcome.problems.length > 0) process.exitCode = 1;
    } finally {
      await crowd.end();
      rmSync(folder, { recursive: true, force: true });
    }
  });
}

await runMain(usage, readOptions, main);
