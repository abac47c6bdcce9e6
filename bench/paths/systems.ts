import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { findCommand } from '../../tests/support/find-command.ts';
import { until } from '../../tests/support/until.ts';
import { nginxConfiguration } from '../data/systems/nginx-configuration.ts';
import { type PathSystem, type Sides, senderAddress } from './sides.ts';

const main = join(import.meta.dirname, '../../clients/cli/src/cardume.js');
const httpPort = 8_080;
const rsyncPort = 8_730;
const peerPort = 50_052;
const crocPort = 9_009;

/** What is written of all files in a folder, holes left out. */
function writtenBytes(folder: string): number {
  return readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).blocks * 512, 0);
}

/** Waits until somebody listens on the sender's side. */
async function untilListening(sides: Sides, port: number): Promise<void> {
  await until(`port ${port} to be listened on`, async () => {
    const listed = sides.start('sender', 'ss', ['-Hltn']);
    await listed.waitForEnd();
    return listed.stdout.includes(`:${port} `);
  });
}

const cardume: PathSystem = {
  name: 'cardume get',
  version: 'cardume of this commit',
  async serve(sides) {
    const args = ['share', sides.shared, '--listen', `${senderAddress}:${peerPort}`, '--insecure', '--json'];
    // Nobody listens there: the peer is asked by its address.
    const away = ['--index', '127.0.0.1:1', '--state', join(sides.folder, 'state'), '--log-level', 'error'];
    await sides.start('sender', process.execPath, [main, ...args, ...away]).waitForObject('sharing');
  },
  get: (sides) =>
    sides.start('receiver', process.execPath, [
      ...[main, 'get', 'file', '--from', `${senderAddress}:${peerPort}`],
      ...['-o', sides.target, '--no-copy', '--json'],
    ]),
  cameBytes: (_, getting) => Number([...getting.stdout.matchAll(/"verifiedBytes":(\d+)/g)].at(-1)?.[1] ?? 0),
};

const curl: PathSystem = {
  name: 'curl, nginx',
  version: versionOf('curl', ['--version'], /curl ([\d.]+)/),
  async serve(sides) {
    const work = join(sides.folder, 'nginx');
    mkdirSync(work, { recursive: true });
    const configuration = join(sides.folder, 'nginx.conf');
    const listen = `${senderAddress}:${httpPort}`;
    writeFileSync(configuration, nginxConfiguration({ work, shared: sides.shared, listen }));
    sides.start('sender', 'nginx', ['-p', work, '-e', 'stderr', '-c', configuration]);
    await untilListening(sides, httpPort);
  },
  get: (sides) =>
    sides.start('receiver', 'curl', [
      ...['-sSf', '-o', join(sides.target, 'file')],
      `http://${senderAddress}:${httpPort}/file`,
    ]),
  cameBytes: (sides) => writtenBytes(sides.target),
};

const rsync: PathSystem = {
  name: 'rsync daemon',
  version: versionOf('rsync', ['--version'], /rsync +version ([\d.]+)/),
  async serve(sides) {
    const configuration = join(sides.folder, 'rsyncd.conf');
    const lines = [
      'uid = root',
      'gid = root',
      'use chroot = no',
      '[shared]',
      `path = ${sides.shared}`,
      'read only = yes',
    ];
    writeFileSync(configuration, [...lines, ''].join('\n'));
    const listen = ['--address', senderAddress, '--port', String(rsyncPort)];
    sides.start('sender', 'rsync', ['--daemon', '--no-detach', '--config', configuration, ...listen]);
    await untilListening(sides, rsyncPort);
  },
  get: (sides) =>
    sides.start('receiver', 'rsync', [
      ...['-a', '--inplace'],
      ...[`rsync://${senderAddress}:${rsyncPort}/shared/file`, `${sides.target}/`],
    ]),
  cameBytes: (sides) => writtenBytes(sides.target),
};

const crocCommand = findCommand(['croc', join(homedir(), 'go/bin/croc')], '--version');
const secret = { CROC_SECRET: '1234-cardume-bench-paths' };

const croc: PathSystem = {
  name: 'croc',
  version: versionOf(crocCommand, ['--version'], /version v?([\d.]+)/),
  async serve(sides) {
    const command = crocCommand ?? 'croc';
    sides.start('sender', command, ['relay', '--host', senderAddress, '--ports', '9009,9010,9011,9012,9013']);
    await untilListening(sides, crocPort);
    const args = ['--relay', `${senderAddress}:${crocPort}`, 'send', '--no-local', join(sides.shared, 'file')];
    const sending = sides.start('sender', command, args, secret);
    await sending.waitForLine(/CROC_SECRET|Code is/);
    // It says its code before it is at the relay.
    await sleep(1_000);
  },
  get: (sides) => {
    const args = ['--yes', '--overwrite', '--relay', `${senderAddress}:${crocPort}`, '--out', sides.target];
    return sides.start('receiver', crocCommand ?? 'croc', args, secret);
  },
  cameBytes: (sides) => writtenBytes(sides.target),
};

/** Name and version of a program; empty when it is not installed. */
function versionOf(command: string | undefined, args: readonly string[], pattern: RegExp): string {
  if (command === undefined) return '';
  try {
    const [, version] = pattern.exec(execFileSync(command, args, { encoding: 'utf8' })) ?? [];
    return `${command.split('/').at(-1)} ${version ?? ''}`;
  } catch {
    return '';
  }
}

/** Those that are here, ours and those whose names begin so; the others are named. */
export function installedSystems(beginnings: readonly string[] = ['']): PathSystem[] {
  const wanted = [curl, rsync, croc].filter(({ name }) => beginnings.some((beginning) => name.startsWith(beginning)));
  return [cardume, ...wanted].filter(({ name, version }) => {
    if (version === '') console.error(`not installed, and left out: ${name}`);
    return version !== '';
  });
}
