import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { arch, cpus, loadavg, platform, totalmem } from 'node:os';
import { join } from 'node:path';

const modules = join(import.meta.dirname, '../../node_modules');
const packages = ['@grpc/grpc-js', 'nice-grpc', 'ts-proto'];

/** What one needs to know to read, or to repeat, a run: a heading and lines of Markdown. */
export function describeRun(command: string, rounds: number): string[] {
  const processors = cpus();
  const model = processors[0]?.model.trim() ?? 'unknown processor';
  const memory = `${Math.round(totalmem() / 2 ** 30)} GiB`;
  const load = loadavg()[0]?.toFixed(1);
  const versions = packages.map((name) => `${name} ${versionOf(name)}`).join(', ');
  const commit = execFileSync('git', ['describe', '--always', '--dirty'], { encoding: 'utf8' }).trim();
  return [
    `## ${new Date().toISOString().slice(0, 10)}, commit ${commit}`,
    '',
    `- command: \`${command}\`; medians of ${rounds} interleaved pairs, with ranges`,
    `- machine: ${processors.length} × ${model}, ${memory}, ${platform()} ${arch()}; load at the end ${load}`,
    `- versions: Node ${process.versions.node}, ${versions}`,
  ];
}

function versionOf(name: string): string {
  return JSON.parse(readFileSync(join(modules, name, 'package.json'), 'utf8')).version;
}
