import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { descriptorsOf, memoryOf } from '../../tests/support/process-usage.ts';
import { type CommandResult, runCommand } from '../../tests/support/run-command.ts';
import { type StartedProcess, startProcess } from '../../tests/support/start-process.ts';
import { fileOfName, type MadeFile, writeMade } from './made-file.ts';

const root = join(import.meta.dirname, '../..');
const command = ['clients/cli/src/cardume.js'];
/** Loopback has 127.0.0.0/8: a machine's other addresses. */
const addresses = 200;

/** What a process had, when it was looked at. */
export interface Usage {
  atMs: number;
  memoryBytes: number;
  descriptors: number;
}

/** One machine: a home, a shared folder, and `cardume share`, which may run, sleep, or be gone. */
export class SoakPeer {
  readonly shared: string;
  readonly #home: string;
  readonly #inbox: string;
  readonly #env: NodeJS.ProcessEnv;
  #process: StartedProcess | undefined;
  #isAsleep = false;
  #addressNumber: number;
  peerId: string | undefined;
  /** Of the process that runs now. */
  usages: Usage[] = [];

  constructor(folder: string, number: number, invite: string) {
    this.#home = join(folder, 'peers', `${number}`);
    this.shared = join(this.#home, 'shared');
    this.#inbox = join(this.#home, 'inbox');
    mkdirSync(this.shared, { recursive: true });
    mkdirSync(this.#inbox);
    const inherited = Object.entries(process.env).filter(([name]) => !/^(CARDUME|XDG)/.test(name));
    this.#env = { ...Object.fromEntries(inherited), HOME: this.#home, CARDUME_INDEX: invite };
    this.#addressNumber = (number % addresses) + 1;
  }

  get isRunning(): boolean {
    return this.#process !== undefined && this.#process.end === undefined;
  }

  get isAwake(): boolean {
    return this.isRunning && !this.#isAsleep;
  }

  get isAsleep(): boolean {
    return this.isRunning && this.#isAsleep;
  }

  /** Starts it, and waits until it has joined. */
  async start(): Promise<void> {
    this.usages = [];
    this.#isAsleep = false;
    const listen = `127.0.1.${this.#addressNumber}:0`;
    const args = ['share', this.shared, '--inbox', this.#inbox, '--inbox-yes'];
    const more = ['--listen', listen, '--json', '--log-level', 'error'];
    this.#process = startProcess(process.execPath, [...command, ...args, ...more], { cwd: root, env: this.#env });
    const { peerId } = await this.#process.waitForObject('joined');
    this.peerId = String(peerId);
  }

  /** Another address next time. */
  move(): void {
    this.#addressNumber = (this.#addressNumber % addresses) + 1;
  }

  /** SIGKILL */
  async crash(): Promise<void> {
    this.#process?.kill('SIGKILL');
    await this.#process?.waitForEnd();
    this.#process = undefined;
  }

  /** SIGTERM; returns what is wrong with how it ended. */
  async stop(): Promise<string | undefined> {
    const process = this.#process;
    if (process === undefined || process.end !== undefined) return undefined;
    if (this.#isAsleep) this.wake();
    const end = await process.stop();
    this.#process = undefined;
    return end.code === 0 ? undefined : `it ended with ${JSON.stringify(end)}: ${process.stderr.slice(-500)}`;
  }

  sleep(): void {
    this.#process?.kill('SIGSTOP');
    this.#isAsleep = true;
  }

  wake(): void {
    this.#process?.kill('SIGCONT');
    this.#isAsleep = false;
  }

  /** What it wrote when it ended though nobody ended it; undefined while it runs. */
  get unexpectedEnd(): string | undefined {
    const end = this.#process?.end;
    return end === undefined ? undefined : `${JSON.stringify(end)}: ${this.#process?.stderr.slice(-1_000)}`;
  }

  add(file: MadeFile): void {
    // Not in the folder that is watched while it grows.
    const made = join(this.#home, file.name);
    writeMade(file, made);
    renameSync(made, join(this.shared, file.name));
  }

  remove(name: string): void {
    rmSync(join(this.shared, name), { force: true });
  }

  files(): MadeFile[] {
    return readdirSync(this.shared).flatMap((name) => fileOfName(name) ?? []);
  }

  /** `cardume get` into its own folder. */
  get(name: string): Promise<CommandResult> {
    const args = ['get', name, '-o', this.shared, '--no-copy', '--wait', '60s', '--json'];
    return runCommand(process.execPath, [...command, ...args], { cwd: root, env: this.#env, timeoutMs: 300_000 });
  }

  /** `cardume send` of one of its files. */
  send(name: string, peerId: string): Promise<CommandResult> {
    const args = ['send', join(this.shared, name), peerId, '--wait', '60s', '--json'];
    return runCommand(process.execPath, [...command, ...args], { cwd: root, env: this.#env, timeoutMs: 300_000 });
  }

  /** Takes a file that was sent to it out of its inbox; undefined: it is not there, also under no numbered name. */
  takeReceived(name: string): Buffer | undefined {
    const [stem = ''] = name.split('.bin');
    const [received] = readdirSync(this.#inbox).filter((one) => one.startsWith(stem) && one.endsWith('.bin'));
    if (received === undefined) return undefined;
    const path = join(this.#inbox, received);
    const bytes = readFileSync(path);
    rmSync(path);
    return bytes;
  }

  look(nowMs: number): void {
    if (!this.isAwake || this.#process === undefined) return;
    const { pid } = this.#process;
    try {
      this.usages.push({ atMs: nowMs, memoryBytes: memoryOf(pid).nowBytes, descriptors: descriptorsOf(pid) });
    } catch {
      // It has just ended, which is seen elsewhere.
    }
  }
}
