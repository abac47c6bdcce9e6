// Runs Cardume on this machine with real files and real processes, shows each command and what it says, and ends by
// itself. Nothing is left behind. Run by `npm run demo`; `make demo` installs first.
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, relative, resolve } from 'node:path';
import { styleText } from 'node:util';
import type { StartedProcess } from '../tests/support/start-process.ts';
import { until } from '../tests/support/until.ts';
import { createDemoCommands } from './support/demo-commands.ts';

const lease = { text: '10s', ms: 10_000 };
const root = join(import.meta.dirname, '..');
const folder = mkdtempSync(join(tmpdir(), 'cardume-demo-'));
const commands = createDemoCommands(root, { XDG_STATE_HOME: join(folder, 'state') });

/** The Node executable, as typed in this repository: about 120 MB. */
const node = relative(root, process.execPath).startsWith('..') ? process.execPath : relative(root, process.execPath);
const typescript = 'node_modules/typescript/lib';
const documents = ['docs', 'README.md', 'LICENSE', 'CONTRIBUTING.md'].filter((path) => existsSync(join(root, path)));

const startMs = performance.now();
const done: string[] = [];
let step = 'The start';
let isInterrupted = false;

async function runDemo(): Promise<void> {
  begin('An index, which knows who has what');
  const index = commands.start('index', '--listen', '127.0.0.1:0', '--lease', lease.text);
  const { address } = await index.waitForObject('listening');
  say(`listening on ${address}`);
  commands.setVariable('CARDUME_INDEX', String(address));

  begin('Three peers, which share real files');
  // The executable alone: where Node is not npm's, its folder holds all of the system's programs.
  const nodePeer = await startShare('--name', 'node', node);
  await startShare('--name', 'typescript', typescript);
  await startShare('--name', 'documents', ...documents, node);
  await commands.run('peers');
  done.push('an index and three peers ran, each a process of its own');

  begin('Search by name');
  await commands.run('search', basename(node), '--min-size', '50MB');
  await commands.run('search', '--glob', 'typescript*.js');

  begin('Download from another peer, every piece verified');
  await getAndCompare(basename(node), node);
  await getAndCompare('typescript.js', join(typescript, 'typescript.js'));

  begin('A peer dies');
  await killAndWatch(nodePeer, basename(node));
  await commands.run('peers');

  begin('The other holder still gives the file');
  await getAndCompare(basename(node), node);
}

function begin(title: string): void {
  step = title;
  process.stdout.write(`\n${styleText('cyan', `── ${title}`)}\n`);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

async function startShare(...args: string[]): Promise<StartedProcess> {
  const share = commands.start('share', ...args);
  const { address, fileCount } = await share.waitForObject('joined');
  say(`joined the index at ${address} with ${fileCount} ${fileCount === 1 ? 'file' : 'files'}`);
  return share;
}

/** Downloads a file into a new folder, and lets `cmp` compare it with the original. */
async function getAndCompare(name: string, original: string): Promise<void> {
  const target = mkdtempSync(join(folder, 'get-'));
  const beginMs = performance.now();
  // The peers are other machines here: their files are not to be copied from this one.
  await commands.run('get', name, '--output', target, '--no-copy');
  const tookMs = performance.now() - beginMs;
  await commands.runOther('cmp', original, join(target, name));
  say('the same bytes');
  const megabytes = statSync(resolve(root, original)).size / 1e6;
  const rate = (megabytes * 1000) / tookMs;
  done.push(
    `${name}: ${megabytes.toFixed(1)} MB in ${seconds(tookMs)}, the command's start included ` +
      `(${rate.toFixed(0)} MB/s), verified, and the same by cmp`,
  );
}

/** Kills a peer without a chance to say goodbye, and asks until the index gives it out no more. */
async function killAndWatch(peer: StartedProcess, name: string): Promise<void> {
  const { peerId } = await peer.waitForObject('joined');
  say(`\n${styleText('bold', `$ kill -9 ${peer.pid}`)}`);
  peer.kill('SIGKILL');
  await peer.waitForEnd();
  const killedMs = performance.now();
  let lastSaidMs = killedMs;
  await until('the killed peer to drop out of the answers', async () => {
    const ids = await holderIds(name);
    const nowMs = performance.now();
    const isGone = !ids.includes(peerId);
    if (isGone || nowMs - lastSaidMs >= 2_000) {
      say(`${seconds(nowMs - killedMs)} after the kill, holders of ${name}: ${ids.length}`);
      lastSaidMs = nowMs;
    }
    return isGone;
  });
  const goneMs = performance.now() - killedMs;
  // One question takes a moment, too, on a busy machine.
  if (goneMs > lease.ms + 2_000) throw new Error(`it took ${seconds(goneMs)}, and a lease is ${lease.text}`);
  done.push(`a peer killed with SIGKILL was gone from the answers ${seconds(goneMs)} later (lease: ${lease.text})`);
}

async function holderIds(name: string): Promise<unknown[]> {
  const [hit] = await commands.query('search', '--exact', name);
  return Array.isArray(hit?.holders) ? hit.holders.map(({ peerId }) => peerId) : [];
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

async function cleanUp(): Promise<void> {
  await commands.stopAll();
  rmSync(folder, { recursive: true, force: true });
}

for (const [name, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  process.once(name, () => {
    isInterrupted = true;
    say('\nInterrupted; stopping what was started.');
    void cleanUp().finally(() => process.exit(code));
  });
}

try {
  await runDemo();
  say(`\n${styleText('green', `Done in ${seconds(performance.now() - startMs)}:`)}`);
  for (const line of done) say(`  ✓ ${line}`);
} catch (error) {
  process.exitCode = 1;
  // What is stopped half-way fails, too, and that is no news.
  if (!isInterrupted) console.error(`\nThe demo failed at "${step}":`, error);
} finally {
  await cleanUp();
}
