// `npm run bench:long-path -- [FOLDER]`: downloads 1 GiB over a path of 50 ms and 1 Gbit/s, which it makes between two network
// namespaces; appends what it found to bench/RESULTS.md. It wants root, Linux with /dev/net/tun, iproute2 and python3.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCommand } from '../tests/support/run-command.ts';
import { type SlowLink, startSlowLink } from '../tests/support/slow-link.ts';
import { type StartedProcess, startProcess } from '../tests/support/start-process.ts';
import { appendResults } from './support/append-results.ts';
import { describeRun } from './support/describe-run.ts';
import { medianAndRange } from './support/median-and-range.ts';
import { writeRandomFile } from './support/write-random-file.ts';

const rounds = 7;
const sizeBytes = 2 ** 30;
const [delayMs, rateMbit] = [25, 1_000];
const [sender, receiver] = [`cardume-${process.pid}-a`, `cardume-${process.pid}-b`];
const address = '10.99.0.1';
const main = join(import.meta.dirname, '../clients/cli/src/cardume.js');
const folder = mkdtempSync(join(process.argv[2] ?? tmpdir(), 'cardume-long-path-'));
const started: StartedProcess[] = [];
let link: SlowLink | undefined;

function inNamespace(namespace: string, ...command: string[]): [string, string[]] {
  return ['ip', ['netns', 'exec', namespace, ...command]];
}

function start(command: string, args: string[]): StartedProcess {
  const process = startProcess(command, args, { cwd: folder });
  started.push(process);
  return process;
}

try {
  for (const namespace of [sender, receiver]) execFileSync('ip', ['netns', 'add', namespace]);
  link = await startSlowLink(
    [
      { namespace: sender, address: `${address}/24` },
      { namespace: receiver, address: '10.99.0.2/24' },
    ],
    { delayMs, rateMbit },
  );
  mkdirSync(join(folder, 'shared'));
  writeRandomFile(join(folder, 'shared', 'file'), sizeBytes);
  const share = [main, 'share', join(folder, 'shared'), '--listen', `${address}:0`, '--insecure', '--json'];
  // Nobody listens there: the peer is asked by its address.
  const away = ['--index', '127.0.0.1:1', '--state', join(folder, 'state'), '--log-level', 'error'];
  const peer = start(...inNamespace(sender, process.execPath, ...share, ...away));
  const sharing = await peer.waitForObject('sharing');

  const seconds: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const target = join(folder, 'target');
    const get = [main, 'get', 'file', '--from', String(sharing.address), '-o', target, '--no-copy'];
    const startMs = performance.now();
    const [command, args] = inNamespace(receiver, process.execPath, ...get);
    const { code, stderr } = await runCommand(command, args, { cwd: folder });
    if (code !== 0) throw new Error(stderr);
    seconds.push((performance.now() - startMs) / 1_000);
    execFileSync('cmp', [join(target, 'file'), join(folder, 'shared', 'file')]);
    rmSync(target, { recursive: true });
    console.error(`${round + 1}/${rounds}  ${seconds.at(-1)?.toFixed(2)} s`);
  }
  const ofLink = seconds.map((each) => (sizeBytes * 8) / 1e6 / each / rateMbit);
  const lines = [
    ...describeRun({
      command: `npm run bench:long-path${process.argv[2] === undefined ? '' : ` -- ${process.argv[2]}`}`,
      method: `median of ${rounds} rounds, with ranges`,
      versions: [],
    }),
    '',
    `- path: ${delayMs * 2} ms of round trip, ${rateMbit} Mbit/s, by tests/support/slow-link.py between two namespaces`,
    '',
    '| what | s | of the link |',
    '|---|---|---|',
    `| \`cardume get\` of 1 GiB, the start of Node included | ${medianAndRange(seconds, 2)} | ${medianAndRange(ofLink, 2)} |`,
  ];
  console.log(lines.join('\n'));
  appendResults(lines);
} finally {
  await Promise.all(started.map((process) => process.stop()));
  await link?.stop();
  for (const namespace of [sender, receiver]) execFileSync('ip', ['netns', 'delete', namespace], { stdio: 'ignore' });
  rmSync(folder, { recursive: true });
}
