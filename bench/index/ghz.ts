import { execFile } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findCommand } from '../../tests/support/find-command.ts';

/** Several may run at once, each with its messages. */
let fileCount = 0;
const root = join(import.meta.dirname, '../..');

/** A load that ghz makes. */
export interface Load {
  ghz: string;
  address: string;
  /** `cardume.index.v1.IndexService/Search` */
  call: string;
  /** How it learns what the service is: `--proto FILE`, or `--protoset FILE`, which also has what its own parser does not know. */
  contract: readonly string[];
  /** Sent in turn. */
  messages: readonly object[];
  inFlight: number;
  /** For how long, as fast as they are answered; or how many, at a steady rate. */
  length: { seconds: number } | { calls: number; perSecond: number };
  /** Where files for it are written. */
  folder: string;
}

/** What is called of the index: `Search`. */
export function indexCall(method: string): Pick<Load, 'contract' | 'call'> {
  return {
    contract: ['--protoset', 'proto/gen/descriptors.binpb'],
    call: `cardume.index.v1.IndexService/${method}`,
  };
}

/** What came of it. */
export interface LoadResult {
  perSecond: number;
  p50Ms: number;
  p99Ms: number;
  /** How many calls failed. */
  failed: number;
}

interface Report {
  rps: number;
  latencyDistribution: { percentage: number; latency: number }[] | null;
  statusCodeDistribution: Record<string, number>;
}

/** The command; undefined when it is not installed. */
export function findGhz(): string | undefined {
  return findCommand(['ghz', join(process.env.GOPATH ?? join(process.env.HOME ?? '', 'go'), 'bin/ghz')], '--version');
}

/** Makes a load. */
export async function runGhz(load: Load): Promise<LoadResult> {
  const data = join(load.folder, `messages-${fileCount++}.json`);
  writeFileSync(data, JSON.stringify(load.messages));
  const args = [
    ...['--insecure', ...load.contract, '--call', load.call],
    ...['--data-file', data, '--concurrency', `${load.inFlight}`, '--connections', `${Math.min(8, load.inFlight)}`],
    ...lengthFlags(load.length),
    ...['--format', 'json', load.address],
  ];
  const { stdout } = await promisify(execFile)(load.ghz, args, { cwd: root, maxBuffer: 2 ** 30 });
  rmSync(data);
  const report: Report = JSON.parse(stdout);
  const percentile = (wanted: number): number => {
    const found = report.latencyDistribution?.find(({ percentage }) => percentage === wanted);
    return (found?.latency ?? Number.NaN) / 1e6;
  };
  const failed = Object.entries(report.statusCodeDistribution).filter(([code]) => code !== 'OK');
  return {
    perSecond: report.rps,
    p50Ms: percentile(50),
    p99Ms: percentile(99),
    failed: failed.reduce((sum, [, count]) => sum + count, 0),
  };
}

function lengthFlags(length: Load['length']): string[] {
  if ('seconds' in length) return ['--duration', `${length.seconds}s`, '--duration-stop', 'wait'];
  return ['--total', `${length.calls}`, '--rps', `${Math.ceil(length.perSecond)}`];
}
