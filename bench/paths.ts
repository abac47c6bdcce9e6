// `npm run bench:paths -- [FOLDER]`: how fast a file comes over paths of several round trips and losses, beside what else is
// installed, between two network namespaces; appends what it found to bench/RESULTS.md. It wants root, Linux with /dev/net/tun,
// iproute2 and python3.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type StartedProcess, startProcess } from '../tests/support/start-process.ts';
import { until } from '../tests/support/until.ts';
import { Sides } from './paths/sides.ts';
import { installedSystems } from './paths/systems.ts';
import { appendResults } from './support/append-results.ts';
import { describeRun } from './support/describe-run.ts';
import { interruptible } from './support/run-main.ts';
import { writeRandomFile } from './support/write-random-file.ts';

const roundTripsMs = [0, 10, 50, 150];
const lossesPercent = [0, 0.1, 1];
const rateMbit = 100;
const mtuBytes = 1_500;
const sizeBytes = 96 * 2 ** 20;
/** For so long each transfer may go on: what has come by then counts. */
const timeLimitMs = 8_000;
const link = join(import.meta.dirname, 'data/programs/slow-link.py');

const folder = mkdtempSync(join(process.argv[2] ?? tmpdir(), 'cardume-paths-'));
const sides = new Sides(folder);
let linked: StartedProcess | undefined;
await interruptible(async (signal) => {
  try {
    mkdirSync(sides.shared);
    writeRandomFile(join(sides.shared, 'file'), sizeBytes);
    const systems = installedSystems();
    const rows: string[] = [];
    for (const roundTripMs of roundTripsMs) {
      for (const lossPercent of lossesPercent) {
        sides.make();
        const path = [String(roundTripMs / 2), String(rateMbit), String(lossPercent), String(mtuBytes)];
        linked = startProcess('python3', [link, ...sides.ends, ...path]);
        await until('the link to be up', () => linked?.stdout.includes('ready'));
        const cells: string[] = [];
        for (const system of systems) {
          const bytesPerSecond = await sides.measure(system, sizeBytes, timeLimitMs, signal);
          cells.push((bytesPerSecond / 1e6).toFixed(2));
          console.error(`${roundTripMs} ms, ${lossPercent} %: ${system.name} ${cells.at(-1)} MB/s`);
        }
        rows.push(`| ${roundTripMs} | ${lossPercent} | ${cells.join(' | ')} |`);
        await linked?.stop();
        sides.remove();
      }
    }
    const lines = [
      ...describeRun({
        command: 'npm run bench:paths',
        method: 'one round',
        versions: systems.map(({ version }) => version),
      }),
      '',
      `### Paths of ${rateMbit} Mbit/s, packets of ${mtuBytes} bytes: MB/s`,
      '',
      `A file of ${sizeBytes / 2 ** 20} MiB, or what of it came in ${timeLimitMs / 1_000} s, the start of each program included; 12.5 MB/s is all that the link carries.`,
      'Losses are random, the same each way; by bench/data/programs/slow-link.py. All in plaintext but croc.',
      '',
      `| round trip, ms | lost, % | ${systems.map(({ name }) => name).join(' | ')} |`,
      `|---|---|${systems.map(() => '---|').join('')}`,
      ...rows,
    ];
    console.log(lines.join('\n'));
    appendResults(lines);
  } finally {
    await linked?.stop();
    await sides.end();
    rmSync(folder, { recursive: true });
  }
});
