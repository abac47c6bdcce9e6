import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { arch, cpus, loadavg, platform, release, totalmem } from 'node:os';
import { join } from 'node:path';

const modules = join(import.meta.dirname, '../../node_modules');
const packages = ['@grpc/grpc-js', 'nice-grpc', 'ts-proto'];

/** A run of benchmarks. */
export interface Run {
  /** What was typed. */
  command: string;
  /** How it was measured: `medians of 7 interleaved pairs, with ranges`. */
  method: string;
  /** What took part besides Node and the packages: `rsync 3.2.7`. */
  versions?: readonly string[];
}

/** What one needs to know to read, or to repeat, a run: a heading and lines of Markdown. */
export function describeRun({ command, method, versions = [] }: Run): string[] {
  const processors = cpus();
  const model = processors[0]?.model.trim() ?? 'unknown processor';
  const memory = `${Math.round(totalmem() / 2 ** 30)} GiB`;
  const load = loadavg()[0]?.toFixed(1);
  const all = [`Node ${process.versions.node}`, ...packages.map((name) => `${name} ${versionOf(name)}`), ...versions];
  const commit = execFileSync('git', ['describe', '--always', '--dirty'], { encoding: 'utf8' }).trim();
  return [
    `## ${new Date().toISOString().slice(0, 10)}, commit ${commit}`,
    '',
    `- command: \`${command}\`; ${method}`,
    `- machine: ${processors.length} × ${model}, ${memory}, ${platform()} ${release()} ${arch()}; load at the end ${load}`,
    `- versions: ${all.join(', ')}`,
  ];
}

function versionOf(name: string): string {
  return JSON.parse(readFileSync(join(modules, name, 'package.json'), 'utf8')).version;
}
