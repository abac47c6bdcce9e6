// `make bench-data`: moves files over loopback with cardume and with what others use, each end in processes of its own,
// in turn; appends what it found to bench/RESULTS.md. bench/README.md says how to read it.
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { chooseComparisons, comparisons } from './data/comparisons.ts';
import { type Options, readOptions, usage } from './data/options.ts';
import { reportComparison, reportNotes } from './data/report.ts';
import { type ComparisonResult, runComparison } from './data/run-comparison.ts';
import { makeWorkload } from './data/workload.ts';
import { appendResults } from './support/append-results.ts';
import { describeRun } from './support/describe-run.ts';
import { interruptible, runMain } from './support/run-main.ts';

/** Runs the comparisons that were asked for, on files that are there only as long. */
async function measure(options: Options, signal: AbortSignal): Promise<ComparisonResult[]> {
  const { fileSizeBytes, rounds, only, against, main } = options;
  const folder = mkdtempSync(join(options.folder, 'cardume-bench-'));
  const home = join(folder, 'home');
  const results: ComparisonResult[] = [];
  try {
    mkdirSync(home);
    for (const comparison of chooseComparisons(comparisons(main, fileSizeBytes), only, against)) {
      const workload = makeWorkload(join(folder, comparison.name), comparison.fileCount, comparison.fileSizeBytes);
      results.push(await runComparison(comparison, workload, rounds, { folder, home, signal, say: console.error }));
      rmSync(workload.folder, { recursive: true });
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  return results;
}

async function main(args: readonly string[], options: Options): Promise<void> {
  if (!existsSync('/proc/self/stat')) throw new Error('it reads CPU and memory of processes from /proc: Linux only');
  await interruptible(async (signal) => {
    const results = await measure(options, signal);
    const programs = results.flatMap(({ measured }) => [...measured.keys()].flatMap((system) => system.programs));
    const run = describeRun({
      command: ['npm run bench:data --', ...args].join(' '),
      method: `medians of ${options.rounds} interleaved rounds, with ranges`,
      versions: [...new Set(programs.map((program) => program.version() ?? program.name))],
    });
    const tables = results.flatMap((result) => [...reportComparison(result), '']);
    const lines = [...run, '', ...tables, ...reportNotes(results)];
    console.log(lines.join('\n'));
    if (options.save) appendResults(lines);
  });
}

await runMain(usage, readOptions, main);
