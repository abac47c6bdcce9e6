import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Address, parseAddress } from '@cardume/client';
import { type StartedProcess, startProcess } from '../../tests/support/start-process.ts';

const root = join(import.meta.dirname, '../..');
// What Linux counts a process's time in, for all its architectures that Node runs on.
const ticksPerSecond = 100;

const started = new Set<StartedProcess>();

/** Ends all indexes that were started and have not ended: for a run that is given up. */
export function killIndexServers(): void {
  for (const server of started) server.kill('SIGKILL');
}

/** An index in a process of its own, as a user starts it. */
export interface IndexServer {
  readonly process: StartedProcess;
  readonly address: Address;
  /** The processor time that it has taken so far, in seconds. */
  cpuSeconds(): number;
  /** The most memory that it had, in MiB. */
  peakMiB(): number;
}

/** Starts an index. @param lease as `--lease` takes it */
export async function startIndexServer(database: string, lease: string, listen = '127.0.0.1:0'): Promise<IndexServer> {
  const args = [
    'index',
    '--listen',
    listen,
    '--database',
    database,
    '--lease',
    lease,
    '--json',
    '--log-level',
    'error',
  ];
  const server = startProcess(process.execPath, ['clients/cli/src/cardume.js', ...args], { cwd: root });
  started.add(server);
  const { address } = await server.waitForObject('listening');
  const { pid } = server;
  return {
    process: server,
    address: parseAddress(String(address), 'address'),
    cpuSeconds() {
      // After the name, which may have spaces: utime and stime are the 12th and 13th.
      const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
      return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
    },
    peakMiB() {
      const [, kib] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
      return Number(kib) / 1_024;
    },
  };
}
