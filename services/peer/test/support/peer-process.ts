import { join } from 'node:path';
import type { PeerOptions } from '@cardume/peer';
import { afterAll } from '@jest/globals';
import { descriptorsOf, memoryOf } from '../../../../tests/support/process-usage.ts';
import { type StartedProcess, startProcess } from '../../../../tests/support/start-process.ts';

/** A peer that runs in a process of its own, as its system sees it. */
export interface PeerProcess {
  port: number;
  /** How much memory it has, and had at the most, in bytes. */
  memory(): { nowBytes: number; peakBytes: number };
  /** How many of its descriptors lead to a path; all of them without one. */
  descriptors(path?: string): number;
}

/** What a peer process is started with. */
export interface PeerProcessInit {
  /** What a shell does before, in its place: `ulimit -n 100`. */
  shell?: string;
}

/** Gives a function that starts peers in processes of their own. All of them are stopped when the test file ends. */
export function usePeerProcesses(): (options: PeerOptions, init?: PeerProcessInit) => Promise<PeerProcess> {
  const started: StartedProcess[] = [];
  afterAll(() => Promise.all(started.map((process) => process.stop())));
  return async (options, { shell = ':' } = {}) => {
    const script = join(import.meta.dirname, 'serve-peer.ts');
    const command = [process.execPath, script, JSON.stringify(options)];
    const child = startProcess('bash', ['-c', `${shell} && exec "$@"`, 'bash', ...command]);
    started.push(child);
    const { port } = await child.waitForObject('serving');
    return {
      port: Number(port),
      memory: () => memoryOf(child.pid),
      descriptors: (path) => descriptorsOf(child.pid, path),
    };
  };
}
