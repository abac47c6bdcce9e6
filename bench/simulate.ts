// `npm run bench:simulate`: simulates how one file gets from one seeder to up to 10,000 peers, by the planner of downloads
// itself; appends what it found to bench/RESULTS.md. docs/swarm.md says what the simulated world is.
import { memoryMeter } from './simulate/memory.ts';
import { type Options, readOptions, usage } from './simulate/options.ts';
import { plannerCost } from './simulate/planner-cost.ts';
import { reportCosts, reportScenario, resultObject } from './simulate/report.ts';
import { scenarios } from './simulate/scenario.ts';
import { Swarm, type SwarmResult } from './simulate/swarm.ts';
import { appendResults } from './support/append-results.ts';
import { describeRun } from './support/describe-run.ts';
import { runMain } from './support/run-main.ts';

const costs: readonly [sources: number, pieces: number][] = [
  [10, 8_192],
  [100, 8_192],
  [1_000, 8_192],
  [10_000, 8_192],
  [24, 256],
  [24, 2 ** 20],
];

function measureCosts(memoryBytes: () => number): string[] {
  console.error('the planner alone');
  const measure = () => costs.map(([sources, pieces]) => plannerCost(sources, pieces, memoryBytes));
  measure(); // until the code is compiled
  return reportCosts(measure());
}

function run(args: readonly string[], { peers, seed, pieces, only, json, save }: Options): void {
  const memoryBytes = memoryMeter();
  const lines = json ? [] : measureCosts(memoryBytes);
  for (const scenario of scenarios) {
    if (only.length > 0 && !only.includes(scenario.name)) continue;
    const results: SwarmResult[] = [];
    for (const count of peers) {
      console.error(`${scenario.name}: ${count} peers`);
      const result = new Swarm({ ...scenario, peers: count, seed, pieceCount: pieces }).run(memoryBytes);
      results.push(result);
      if (json) console.log(JSON.stringify(resultObject(result)));
    }
    lines.push(...reportScenario(results));
  }
  if (json) return;
  const [example] = scenarios;
  const { uplink = 0, downlink = 0, seedUplink = 0, latencyMs = 0 } = example ?? {};
  const notes = [
    `- file: ${pieces} pieces of 4 MiB; seeder ${seedUplink / 1e6} MB/s up; peers ${uplink / 1e6} MB/s up (the median where the`,
    `  uplinks have a long tail), ${downlink / 1e6} MB/s down, ${latencyMs} ms one way. docs/swarm.md says what the model leaves out.`,
    '- `next` and the memory are of this machine and this process, a simulated peer and all that it knows included; the rest is',
    '  the simulated world, and the same for the same seed.',
  ];
  const description = describeRun({
    command: ['npm run bench:simulate --', ...args].join(' '),
    method: `a simulation, seed ${seed}`,
  });
  const section = [...description, '', ...lines, ...notes];
  console.log(section.join('\n'));
  if (save) appendResults(section);
}

await runMain(usage, readOptions, run);
