// `npm run bench:relayed -- [TREE]`: how fast a file comes through a relay over paths of several round trips, beside the same path
// without one, and beside another checkout of the repository when one is given; appends what it found to bench/RESULTS.md. It wants
// root, Linux with /dev/net/tun, iproute2 and python3.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type SlowLink, startSlowLink } from '../tests/support/slow-link.ts';
import { type RelayedSystem, relayedSystems } from './paths/relayed-systems.ts';
import { Sides } from './paths/sides.ts';
import { appendResults } from './support/append-results.ts';
import { describeRun } from './support/describe-run.ts';
import { medianAndRange } from './support/median-and-range.ts';
import { type BesideOptions, readBeside } from './support/read-arguments.ts';
import { interruptible, runMain } from './support/run-main.ts';

const roundTripsMs = [20, 50, 150];
const rounds = 3;
const rateMbit = 400;
const sizeBytes = 96 * 2 ** 20;
/** For so long each transfer may go on: what has come by then counts. */
const timeLimitMs = 8_000;
const usage = `npm run bench:relayed -- [TREE]

  TREE     another checkout of the repository, to be measured beside this one
  --help   this text`;

async function main(_: readonly string[], { other }: BesideOptions): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'cardume-relayed-'));
  const sides = new Sides(folder);
  const systems: readonly RelayedSystem[] = relayedSystems(sides, other);
  let link: SlowLink | undefined;
  await interruptible(async (signal) => {
    try {
      sides.writeFile(sizeBytes);
      const rows: string[] = [];
      for (const roundTripMs of roundTripsMs) {
        sides.make();
        link = await startSlowLink(sides.ends, { delayMs: roundTripMs / 2, rateMbit });
        for (const system of systems) await system.serve();
        const rates = systems.map((): number[] => []);
        for (let round = 0; round < rounds; round++) {
          for (const [index, system] of systems.entries()) {
            const bytesPerSecond = await sides.measureOnce(system, sizeBytes, timeLimitMs, signal);
            rates[index]?.push(bytesPerSecond / 1e6);
            console.error(`${roundTripMs} ms, ${round + 1}: ${system.name} ${(bytesPerSecond / 1e6).toFixed(2)} MB/s`);
          }
        }
        rows.push(`| ${roundTripMs} | ${rates.map((each) => medianAndRange(each, 1)).join(' | ')} |`);
        await sides.stopAll();
        await link.stop();
        link = undefined;
        sides.remove();
      }
      const lines = [
        ...describeRun({
          command: `npm run bench:relayed${other === undefined ? '' : ' -- TREE'}`,
          method: `medians of ${rounds} interleaved rounds, with ranges`,
        }),
        '',
        `### Through a relay, over ${rateMbit} Mbit/s: MB/s`,
        '',
        `A file of ${sizeBytes / 2 ** 20} MiB, or what of it came in ${timeLimitMs / 1_000} s, the start of \`cardume get\` included; encrypted.`,
        'The path is between the two machines, of which one also has the index, which relays 1 GB/s for each user; all on one computer.',
        '',
        `| round trip, ms | ${systems.map(({ name }) => name).join(' | ')} |`,
        `|---|${systems.map(() => '---|').join('')}`,
        ...rows,
      ];
      console.log(lines.join('\n'));
      appendResults(lines);
    } finally {
      await link?.stop();
      await sides.end();
      rmSync(folder, { recursive: true });
    }
  });
}

await runMain(usage, readBeside, main);
