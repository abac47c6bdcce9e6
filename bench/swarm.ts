// `npm run bench:swarm`: moves files between many machines, which are network namespaces with shaped uplinks, with cardume
// and with what others use, in turn; appends what it found to bench/RESULTS.md. bench/README.md says how to read it.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { busyPercent, readMachineTime, stealPercent } from './data/machine-time.ts';
import { makeWorkload } from './data/workload.ts';
import { appendResults } from './support/append-results.ts';
import { describeRun } from './support/describe-run.ts';
import { interruptible, runMain } from './support/run-main.ts';
import { faultNames } from './swarm/faults.ts';
import { removeAbandonedNetworks } from './swarm/network.ts';
import { type Options, partNames, readOptions, usage } from './swarm/options.ts';
import { measureAggregation } from './swarm/parts/aggregation.ts';
import { measureDistribution } from './swarm/parts/distribution.ts';
import { measureFaults } from './swarm/parts/faults.ts';
import type { PartInit, PartReport } from './swarm/parts/part.ts';
import { measureSmallFiles } from './swarm/parts/small-files.ts';
import type { NamedCase } from './swarm/run-rounds.ts';
import { runSwarm, type SwarmOutcome } from './swarm/run-swarm.ts';
import { cardumeSwarm } from './swarm/systems/cardume-swarm.ts';

const parts: Record<(typeof partNames)[number], (init: PartInit) => Promise<PartReport>> = {
  aggregation: measureAggregation,
  distribution: measureDistribution,
  faults: measureFaults,
  'small-files': measureSmallFiles,
};

/** Where a part's machines have their files, unless it is said. */
function usualFolder(name: keyof typeof parts): string {
  // One disk for all machines would be a limit that machines do not have.
  return name !== 'small-files' && existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
}

/** Runs the parts that were asked for, on files that are there only as long. */
async function measure(options: Options, signal: AbortSignal): Promise<PartReport[]> {
  const reports: PartReport[] = [];
  for (const name of partNames) {
    if (options.only.length > 0 && !options.only.includes(name)) continue;
    const folder = mkdtempSync(join(options.folder ?? usualFolder(name), 'cardume-swarm-'));
    const home = join(folder, 'home');
    const onOutcome = (swarmCase: NamedCase, outcome: SwarmOutcome): void => {
      if (options.json) console.log(jsonOf(name, swarmCase, outcome));
    };
    const init = { folder, home, signal, say: console.error, rounds: options.rounds, options, onOutcome };
    try {
      mkdirSync(home);
      if (name !== 'small-files') await warmUp(init);
      reports.push(await parts[name](init));
    } finally {
      rmSync(folder, { recursive: true });
    }
  }
  return reports;
}

/** Downloads a little once: Node then has compiled what all runs that are measured load. */
async function warmUp(init: PartInit): Promise<void> {
  const workload = makeWorkload(join(init.folder, 'warm-up'), 1, 2 ** 20);
  const system = cardumeSwarm({ main: init.options.main });
  const swarmCase = { system, sourceCount: 1, downloaderCount: 1, uplinkBytesPerSecond: 50_000_000, limitSeconds: 30 };
  const { problem } = await runSwarm(swarmCase, workload, undefined, init);
  if (problem !== undefined) throw new Error(`the warm-up failed: ${problem}`);
  rmSync(workload.folder, { recursive: true });
}

function jsonOf(part: string, swarmCase: NamedCase, outcome: SwarmOutcome): string {
  const { system, label, sourceCount, downloaderCount, fault } = swarmCase;
  const what = { part, system: system.name, label, sourceCount, downloaderCount, fault: fault?.name ?? null };
  return JSON.stringify({ ...what, ...outcome });
}

function checkMachine({ only }: Options): void {
  if (!existsSync('/proc/self/stat')) throw new Error('it reads CPU and memory of processes from /proc: Linux only');
  if (only.length > 0 && only.every((name) => name === 'small-files')) return;
  if (process.getuid?.() !== 0) throw new Error('it makes network namespaces: run it as root');
  try {
    execFileSync('tc', ['-V'], { stdio: 'ignore' });
  } catch {
    throw new Error('it shapes uplinks with tc: install iproute2');
  }
}

async function main(args: readonly string[], options: Options): Promise<void> {
  checkMachine(options);
  removeAbandonedNetworks();
  await interruptible(async (signal) => {
    const before = readMachineTime();
    const reports = await measure(options, signal);
    const after = readMachineTime();
    if (options.json) return;
    const programs = [...new Set(reports.flatMap((report) => report.programs))];
    const run = describeRun({
      command: ['npm run bench:swarm --', ...args].join(' '),
      method: `medians of ${options.rounds} interleaved rounds, with ranges`,
      versions: [...new Set(programs.map((program) => program.version() ?? program.name))],
    });
    const percent = (value: number): string => `${value.toFixed(0)} %`;
    const lines = [
      ...run,
      `- of the machine's time: busy ${percent(busyPercent(before, after))}, stolen ${percent(stealPercent(before, after))}`,
      '- machines: network namespaces on one bridge, each uplink shaped by `tc tbf`, frames of 9,000 bytes, no delay (this takes `tc netem`, which the kernel may lack); small files: loopback',
      '',
      ...reports.flatMap((report) => [...report.lines, '']),
      ...new Set(reports.flatMap((report) => report.notes)),
    ];
    console.log(lines.join('\n'));
    if (options.save) appendResults(lines);
  });
}

await runMain(usage(faultNames), (args) => readOptions(args, faultNames), main);
