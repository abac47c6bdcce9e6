import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Comparison, chooseComparisons } from '../../data/comparisons.ts';
import { reportComparison, reportNotes } from '../../data/report.ts';
import { type ComparisonResult, runComparison } from '../../data/run-comparison.ts';
import { cardumeSystem } from '../../data/systems/cardume.ts';
import { rsyncDaemon } from '../../data/systems/rsync-daemon.ts';
import { makeWorkload } from '../../data/workload.ts';
import { nginxAndAria2 } from '../systems/nginx-and-aria2.ts';
import type { PartInit, PartReport } from './part.ts';

const usualFolders = [
  { fileCount: 1_000, fileSizeBytes: 100 * 1024 },
  { fileCount: 10_000, fileSizeBytes: 10 * 1024 },
];

/** A folder of many small files over loopback, as `make bench-data` measures it. */
export async function measureSmallFiles(init: PartInit): Promise<PartReport> {
  const { options, rounds, folder } = init;
  const results: ComparisonResult[] = [];
  const comparisons = usualFolders.map(
    ({ fileCount, fileSizeBytes }): Comparison => ({
      ...{ name: `${fileCount}-files`, fileCount, fileSizeBytes },
      title: `A folder of ${fileCount.toLocaleString('en-US')} files of ${fileSizeBytes / 1024} KiB, over loopback`,
      systems: [cardumeSystem({ main: options.main }), rsyncDaemon, nginxAndAria2],
    }),
  );
  for (const comparison of chooseComparisons(comparisons, [], options.against)) {
    const parent = join(folder, comparison.name);
    mkdirSync(parent);
    const { fileCount, fileSizeBytes } = comparison;
    const workload = makeWorkload(join(parent, 'shared'), fileCount, fileSizeBytes);
    results.push(await runComparison(comparison, workload, rounds, init));
    rmSync(parent, { recursive: true });
  }
  const systems = results.flatMap(({ measured }) => [...measured.keys()]);
  return {
    lines: results.flatMap((result) => [...reportComparison(result), '']).slice(0, -1),
    notes: reportNotes(results),
    programs: systems.flatMap(({ programs }) => programs),
  };
}
