import { join } from 'node:path';
import { makeWorkload } from '../../data/workload.ts';
import { type CaseResult, chooseSystems, runRounds } from '../run-rounds.ts';
import { cardumeSwarm } from '../systems/cardume-swarm.ts';
import { libtorrentSwarm } from '../systems/libtorrent-swarm.ts';
import { allCpuSeconds, cell, machineCells, machineHeader, table } from '../tables.ts';
import { type PartInit, type PartReport, systemsOf } from './part.ts';

const uplinkBytesPerSecond = 20_000_000;
const usualCounts = [1, 2, 4, 8, 16];
const usualSizeBytes = 512 * 2 ** 20;

/**
 * The least time in which one seed can bring a file to so many downloaders that help each other: what the seed takes for
 * one copy, and what all uplinks together take for all copies.
 */
export function fluidBoundSeconds(sizeBytes: number, downloaderCount: number, uplink: number): number {
  const all = uplink * (1 + downloaderCount);
  return Math.max(sizeBytes / uplink, (downloaderCount * sizeBytes) / all);
}

/** One seed and N downloaders that all start at once, each with an uplink of 20 MB/s: when the last one has the file. */
export async function measureDistribution(init: PartInit): Promise<PartReport> {
  const { folder, options } = init;
  const { main, against, counts = usualCounts, sizeBytes = usualSizeBytes } = options;
  const chosen = chooseSystems([cardumeSwarm({ main }), libtorrentSwarm], against);
  const workload = makeWorkload(join(folder, 'source'), 1, sizeBytes);
  const rows: string[][] = [];
  for (const downloaderCount of counts) {
    const bound = fluidBoundSeconds(sizeBytes, downloaderCount, uplinkBytesPerSecond);
    // A seed that serves all by itself may end; what is slower than that says so.
    const limitSeconds = Math.min(15 + bound * (downloaderCount + 1), 90 + bound);
    const cases = chosen.systems.map((system) => ({
      ...{ label: `${downloaderCount} downloaders`, system, sourceCount: 1, downloaderCount },
      ...{ uplinkBytesPerSecond, limitSeconds },
    }));
    const results = await runRounds(cases, workload, undefined, init);
    const [ours] = results;
    rows.push(...results.map((result) => row(result, ours, bound)));
  }
  const header = [
    ...['downloaders', 'system', 'last one, s', 'over the bound', 'its time / ours', 'first one, s'],
    ...['CPU of all, s', ...machineHeader],
  ];
  const mebibytes = (sizeBytes / 2 ** 20).toLocaleString('en-US');
  const bound = fluidBoundSeconds(sizeBytes, 1, uplinkBytesPerSecond).toFixed(2);
  return {
    lines: [
      `### One seed and many downloaders, ${uplinkBytesPerSecond / 1e6} MB/s each`,
      '',
      `A file of ${mebibytes} MiB; the bound is ${bound} s at every number. The start of the processes is in the time.`,
      '',
      ...table(header, rows),
      ...(chosen.absent.length > 0 ? ['', ...chosen.absent] : []),
    ],
    ...systemsOf(chosen.systems),
  };
}

function row({ swarmCase, outcomes }: CaseResult, ours: CaseResult | undefined, bound: number): string[] {
  const seconds = outcomes.map((outcome) => outcome.seconds);
  const ratios = seconds.map((its, round) => its / (ours?.outcomes[round]?.seconds ?? Number.NaN));
  return [
    String(swarmCase.downloaderCount),
    swarmCase.system.name,
    cell(seconds, 2),
    cell(
      seconds.map((each) => each / bound),
      2,
    ),
    ours?.outcomes === outcomes ? '' : cell(ratios, 2),
    cell(
      outcomes.map(({ finishedSeconds: [first = Number.NaN] }) => first),
      2,
    ),
    cell(outcomes.map(allCpuSeconds), 1),
    ...machineCells(outcomes),
  ];
}
