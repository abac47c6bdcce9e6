import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { makeWorkload } from '../../data/workload.ts';
import { type CaseResult, chooseSystems, runRounds } from '../run-rounds.ts';
import { aria2Swarm } from '../systems/aria2-swarm.ts';
import { cardumeSwarm } from '../systems/cardume-swarm.ts';
import { curlStreams } from '../systems/curl-streams.ts';
import { libtorrentSwarm } from '../systems/libtorrent-swarm.ts';
import { allCpuSeconds, cell, machineCells, machineHeader, table } from '../tables.ts';
import { type PartInit, type PartReport, systemsOf } from './part.ts';

const uplinkBytesPerSecond = 50_000_000;
const usualCounts = [1, 2, 4, 8];
const usualBytesPerSource = 512 * 2 ** 20;

/** One downloader and K sources, each with an uplink of 50 MB/s: how much of their sum arrives. */
export async function measureAggregation(init: PartInit): Promise<PartReport> {
  const { folder, options } = init;
  const { main, against, counts = usualCounts, sizeBytes = usualBytesPerSource } = options;
  const chosen = chooseSystems([cardumeSwarm({ main }), libtorrentSwarm, aria2Swarm, curlStreams], against);
  const rows: string[][] = [];
  for (const sourceCount of counts) {
    // So that a run takes as long with many sources as with one, and the start of a process weighs the same.
    const workload = makeWorkload(join(folder, 'source'), 1, sizeBytes * sourceCount);
    const sum = sourceCount * uplinkBytesPerSecond;
    const cases = chosen.systems.map((system) => ({
      ...{ label: `${sourceCount} sources`, system, sourceCount, downloaderCount: 1, uplinkBytesPerSecond },
      limitSeconds: 10 + (4 * workload.sizeBytes) / Math.min(sum, uplinkBytesPerSecond),
    }));
    const results = await runRounds(cases, workload, undefined, init);
    rows.push(...results.map((result) => row(result, workload.sizeBytes, sum)));
    rmSync(workload.folder, { recursive: true });
  }
  const mebibytes = (sizeBytes / 2 ** 20).toLocaleString('en-US');
  const header = ['sources', 'system', 's', 'MB/s', 'of the sum of the uplinks', 'CPU of all, s/GiB', ...machineHeader];
  return {
    lines: [
      `### One file from many sources, ${uplinkBytesPerSecond / 1e6} MB/s each`,
      '',
      `${mebibytes} MiB of the file for each source; the start of the downloader's process is in the time.`,
      '',
      ...table(header, rows),
      ...(chosen.absent.length > 0 ? ['', ...chosen.absent] : []),
    ],
    ...systemsOf(chosen.systems),
  };
}

function row({ swarmCase, outcomes }: CaseResult, sizeBytes: number, sum: number): string[] {
  const rates = outcomes.map(({ seconds }) => sizeBytes / seconds);
  const cpu = outcomes.map((outcome) => (allCpuSeconds(outcome) / sizeBytes) * 2 ** 30);
  return [
    String(swarmCase.sourceCount),
    swarmCase.system.name,
    cell(
      outcomes.map(({ seconds }) => seconds),
      2,
    ),
    cell(
      rates.map((rate) => rate / 1e6),
      0,
    ),
    cell(
      rates.map((rate) => rate / sum),
      2,
    ),
    cell(cpu, 2),
    ...machineCells(outcomes),
  ];
}
