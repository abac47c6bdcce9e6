// `npm run bench:paths`: how fast a file comes over paths of several round trips and losses, beside what else is installed,
// between two network namespaces; appends what it found to bench/RESULTS.md. It wants root, Linux with /dev/net/tun,
// iproute2 and python3.
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type SlowLink, startSlowLink } from '../tests/support/slow-link.ts';
import { type Options, readOptions, usage } from './paths/options.ts';
import { type PathSystem, Sides } from './paths/sides.ts';
import { installedSystems } from './paths/systems.ts';
import { appendResults } from './support/append-results.ts';
import { describeRun } from './support/describe-run.ts';
import { median, medianAndRange } from './support/median-and-range.ts';
import { interruptible, runMain } from './support/run-main.ts';

const rateMbit = 100;
const mtuBytes = 1_500;
const sizeBytes = 64 * 2 ** 20;
/** For so long each transfer may go on: long enough for most to end. Of others, what has come by then counts. */
const timeLimitMs = 25_000;

async function main(args: readonly string[], options: Options): Promise<void> {
  const { roundTripsMs, lossesPercent, against, rounds, save } = options;
  const folder = mkdtempSync(join(options.folder, 'cardume-paths-'));
  const sides = new Sides(folder);
  const systems = installedSystems(against);
  await interruptible(async (signal) => {
    try {
      sides.writeFile(sizeBytes);
      const rows: string[] = [];
      for (const roundTripMs of roundTripsMs) {
        for (const lossPercent of lossesPercent) {
          const rates = await measurePath(sides, systems, { roundTripMs, lossPercent, rounds }, signal);
          const cells = systems.map(({ name }) => {
            const values = rates.get(name) ?? [];
            return rounds === 1 ? median(values).toFixed(2) : medianAndRange(values, 2);
          });
          rows.push(`| ${roundTripMs} | ${lossPercent} | ${cells.join(' | ')} |`);
        }
      }
      const lines = [
        ...describeRun({
          command: ['npm run bench:paths', ...(args.length === 0 ? [] : ['--', ...args])].join(' '),
          method: rounds === 1 ? 'one round' : `${rounds} rounds: medians and ranges`,
          versions: systems.map(({ version }) => version),
        }),
        '',
        `### Paths of ${rateMbit} Mbit/s, packets of ${mtuBytes} bytes: MB/s`,
        '',
        `A file of ${sizeBytes / 2 ** 20} MiB, or what of it came in ${timeLimitMs / 1_000} s, from the start of each program to its end; 12.5 MB/s is all that the link carries.`,
        'Losses are random, the same each way; by tests/support/slow-link.py. All in plaintext but croc.',
        '',
        `| round trip, ms | lost, % | ${systems.map(({ name }) => name).join(' | ')} |`,
        `|---|---|${systems.map(() => '---|').join('')}`,
        ...rows,
      ];
      console.log(lines.join('\n'));
      if (save) appendResults(lines);
    } finally {
      await sides.end();
      rmSync(folder, { recursive: true });
    }
  });
}

/** How many bytes a second came by each system, in each round. */
async function measurePath(
  sides: Sides,
  systems: readonly PathSystem[],
  { roundTripMs, lossPercent, rounds }: { roundTripMs: number; lossPercent: number; rounds: number },
  signal: AbortSignal,
): Promise<Map<string, number[]>> {
  const rates = new Map<string, number[]>();
  let link: SlowLink | undefined;
  sides.make();
  try {
    link = await startSlowLink(sides.ends, { delayMs: roundTripMs / 2, rateMbit, lossPercent, mtuBytes });
    for (let round = 0; round < rounds; round += 1) {
      for (const system of systems) {
        const megabytes = (await sides.measure(system, sizeBytes, timeLimitMs, signal)) / 1e6;
        rates.set(system.name, [...(rates.get(system.name) ?? []), megabytes]);
        console.error(`${roundTripMs} ms, ${lossPercent} %: ${system.name} ${megabytes.toFixed(2)} MB/s`);
      }
    }
  } finally {
    await link?.stop();
    sides.remove();
  }
  return rates;
}

await runMain(usage, readOptions, main);
