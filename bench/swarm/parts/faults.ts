import { join } from 'node:path';
import { makeWorkload } from '../../data/workload.ts';
import { writeRandomFile } from '../../support/write-random-file.ts';
import { type Fault, faultAfterMs, faults } from '../faults.ts';
import { type CaseResult, chooseSystems, type NamedCase, runRounds } from '../run-rounds.ts';
import { cardumeSwarm } from '../systems/cardume-swarm.ts';
import { libtorrentSwarm } from '../systems/libtorrent-swarm.ts';
import type { SwarmSystem } from '../systems/swarm-system.ts';
import { cell, machineCells, machineHeader, table } from '../tables.ts';
import { type PartInit, type PartReport, systemsOf } from './part.ts';

const uplinkBytesPerSecond = 50_000_000;
// Two healthy sources take 5 s with the start, so that losing one half-way costs another 2.5 s by itself.
const usualSizeBytes = 448 * 2 ** 20;
const limitSeconds = 45;

/** Two sources of 50 MB/s; 2.5 s after the start something becomes of one: how much later the file is there. */
export async function measureFaults(init: PartInit): Promise<PartReport> {
  const { folder, options } = init;
  const { main, against, sizeBytes = usualSizeBytes } = options;
  const ours = cardumeSwarm({ main });
  const chosen = chooseSystems([ours, libtorrentSwarm], against);
  const workload = makeWorkload(join(folder, 'source'), 1, sizeBytes);
  const other = join(folder, 'other');
  writeRandomFile(other, sizeBytes);
  const wanted = faults.filter(({ name }) => options.faults.length === 0 || options.faults.includes(name));
  const cases = chosen.systems.flatMap((system) => [
    makeCase(system, undefined),
    ...wanted.filter((fault) => system === ours || isFor(fault)).map((fault) => makeCase(system, fault)),
  ]);
  const results = await runRounds(cases, workload, other, init);
  const rows = chosen.systems.flatMap((system) =>
    rowsOf(results.filter(({ swarmCase }) => swarmCase.system === system)),
  );
  const mebibytes = (sizeBytes / 2 ** 20).toLocaleString('en-US');
  const header = [
    'system',
    'one of its two sources',
    's',
    'lost, s',
    'lost besides the source itself, s',
    ...machineHeader,
  ];
  return {
    lines: [
      `### Two sources of ${uplinkBytesPerSecond / 1e6} MB/s, and a fault of one ${faultAfterMs / 1_000} s after the start`,
      '',
      `A file of ${mebibytes} MiB, compared with the source's bytes in the end. Lost: against two healthy sources in the same`,
      'round. Who has only one source left from then on loses as much as was left of the healthy run; what is lost besides is',
      `the fault's. A run ends after ${limitSeconds} s.`,
      '',
      ...table(header, rows),
      ...(chosen.absent.length > 0 ? ['', ...chosen.absent] : []),
    ],
    ...systemsOf(chosen.systems),
  };
}

/** What others are measured with: to libtorrent, a file that changes is one with flipped bytes. */
function isFor({ name }: Fault): boolean {
  return name !== 'changed';
}

function makeCase(system: SwarmSystem, fault: Fault | undefined): NamedCase {
  const label = fault?.title ?? 'healthy';
  return { label, system, sourceCount: 2, downloaderCount: 1, uplinkBytesPerSecond, fault, limitSeconds };
}

function rowsOf([healthy, ...others]: readonly CaseResult[]): string[][] {
  if (healthy === undefined) return [];
  return [healthy, ...others].map((result) => {
    const { swarmCase, outcomes } = result;
    const healthySeconds = (round: number): number => healthy.outcomes[round]?.seconds ?? Number.NaN;
    const lost = outcomes.map(({ seconds }, round) => seconds - healthySeconds(round));
    const besides = lost.map((each, round) => each - Math.max(0, healthySeconds(round) - faultAfterMs / 1_000));
    const isHealthy = result === healthy;
    const late = outcomes.filter(({ struck, problem }) => !struck && problem === undefined).length;
    const title = `${swarmCase.label}${late > 0 && !isHealthy ? ` (${late} of ${outcomes.length}: over before)` : ''}`;
    const seconds = outcomes.map((outcome) => outcome.seconds);
    return [
      ...[swarmCase.system.name, title, cell(seconds, 2)],
      ...[isHealthy ? '' : cell(lost, 1), swarmCase.fault?.losesSource === true ? cell(besides, 1) : ''],
      ...machineCells(outcomes),
    ];
  });
}
