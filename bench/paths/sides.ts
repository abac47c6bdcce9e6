import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LinkEnd } from '../../tests/support/slow-link.ts';
import { type StartedProcess, startProcess } from '../../tests/support/start-process.ts';
import { writeRandomFile } from '../support/write-random-file.ts';

/** Where the sender listens. */
export const senderAddress = '10.99.0.1';
/** The address of the other side. */
export const receiverAddress = '10.99.0.2';

const [sender, receiver] = [`cardume-${process.pid}-a`, `cardume-${process.pid}-b`];
const lookEveryMs = 20;

/** How a file is got from one side to the other. */
export interface Getting {
  name: string;
  /** Starts what gets it. */
  get(sides: Sides): StartedProcess;
  /** How much of it has come. */
  cameBytes(sides: Sides, getting: StartedProcess): number;
}

/** A way to get a file from one side to the other. */
export interface PathSystem extends Getting {
  /** With its name. */
  version: string;
  /** Starts what serves the file; resolves when it does. */
  serve(sides: Sides): Promise<void>;
}

/** Two network namespaces with a link between them, and what runs in each. */
export class Sides {
  readonly folder: string;
  readonly shared: string;
  readonly target: string;
  #started: StartedProcess[] = [];
  #isMade = false;

  constructor(folder: string) {
    this.folder = folder;
    this.shared = join(folder, 'shared');
    this.target = join(folder, 'target');
  }

  /** The ends of the link between them. */
  get ends(): [LinkEnd, LinkEnd] {
    return [
      { namespace: sender, address: `${senderAddress}/24` },
      { namespace: receiver, address: `${receiverAddress}/24` },
    ];
  }

  /** Writes the file that is to be got. */
  writeFile(sizeBytes: number): void {
    mkdirSync(this.shared);
    writeRandomFile(join(this.shared, 'file'), sizeBytes);
  }

  make(): void {
    for (const namespace of [sender, receiver]) execFileSync('ip', ['netns', 'add', namespace]);
    this.#isMade = true;
  }

  remove(): void {
    if (!this.#isMade) return;
    this.#isMade = false;
    for (const namespace of [sender, receiver]) execFileSync('ip', ['netns', 'delete', namespace], { stdio: 'ignore' });
  }

  start(side: 'sender' | 'receiver', command: string, args: readonly string[], env = {}): StartedProcess {
    const namespace = side === 'sender' ? sender : receiver;
    const process_ = startProcess('ip', ['netns', 'exec', namespace, command, ...args], {
      cwd: this.folder,
      env: { ...process.env, ...env },
    });
    this.#started.push(process_);
    return process_;
  }

  /** How many bytes a second come, until all are there or the time is over. */
  async measure(system: PathSystem, sizeBytes: number, timeLimitMs: number, signal: AbortSignal): Promise<number> {
    try {
      await system.serve(this);
      return await this.measureOnce(system, sizeBytes, timeLimitMs, signal);
    } finally {
      await this.stopAll();
    }
  }

  /** The same of what is served already, and goes on to be. */
  async measureOnce(system: Getting, sizeBytes: number, timeLimitMs: number, signal: AbortSignal): Promise<number> {
    rmSync(this.target, { recursive: true, force: true });
    mkdirSync(this.target);
    let getting: StartedProcess | undefined;
    try {
      const startMs = performance.now();
      getting = system.get(this);
      while (getting.end === undefined && performance.now() - startMs < timeLimitMs) {
        await sleep(lookEveryMs, undefined, { signal });
      }
      const seconds = (performance.now() - startMs) / 1_000;
      const { end } = getting;
      if (end !== undefined && end.code !== 0) throw new Error(`${system.name}: ${getting.stderr}${getting.stdout}`);
      return (end === undefined ? system.cameBytes(this, getting) : sizeBytes) / seconds;
    } finally {
      await getting?.stop();
    }
  }

  /** Stops all that was started. */
  async stopAll(): Promise<void> {
    const started = this.#started;
    this.#started = [];
    await Promise.all(started.map((one) => one.stop()));
  }

  async end(): Promise<void> {
    await this.stopAll();
    this.remove();
  }
}
