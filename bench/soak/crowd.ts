import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { descriptorsOf, memoryOf } from '../../tests/support/process-usage.ts';
import { runCommand } from '../../tests/support/run-command.ts';
import { seededRandom } from '../../tests/support/seeded-random.ts';
import { type StartedProcess, startProcess } from '../../tests/support/start-process.ts';
import { until } from '../../tests/support/until.ts';
import { fileOfName, isMade, madeFile } from './made-file.ts';
import type { Options } from './options.ts';
import type { Outcome } from './report.ts';
import { SoakPeer, type Usage } from './soak-peer.ts';

const root = join(import.meta.dirname, '../..');
const leaseMs = 10_000;
const lookEveryMs = 5_000;
/** What happens to one peer, about. */
const msPerPeerBetweenActions = 60_000;
const maxTransfers = 4;
const maxFilesPerPeer = 40;
const namesPerGet = 50;
/** How late a listing may be after a lease has ended: the index sweeps at once, and this machine is busy. */
const listingMarginMs = 5_000;
/** How long a peer that slept may take to be listed again. */
const mostMsToComeBack = 15_000;

type Action = 'fetch' | 'send' | 'add' | 'remove' | 'crash' | 'stop' | 'sleep' | 'move';
const weights: Record<Action, number> = {
  fetch: 30,
  send: 10,
  add: 15,
  remove: 8,
  crash: 8,
  stop: 6,
  sleep: 10,
  move: 6,
};

/** An index and many peers, to whom things happen. */
export class Crowd {
  readonly #folder: string;
  readonly #options: Options;
  readonly #say: (text: string) => void;
  readonly #random: () => number;
  readonly #peers: SoakPeer[] = [];
  /** What goes on beside the next action; it never rejects. */
  readonly #underWay = new Set<Promise<void>>();
  readonly #counts: Record<string, number> = {};
  readonly #problems: string[] = [];
  readonly #indexUsages: Usage[] = [];
  /** Peers that something is done to, and names that must stay where they are. */
  readonly #busy = new Set<SoakPeer>();
  readonly #kept = new Map<string, number>();
  /** Since when each peer has been awake, and listed, without a break. */
  readonly #awakeSinceMs = new Map<SoakPeer, number>();
  #index: StartedProcess | undefined;
  #transfers = 0;
  #fetchedBytes = 0;
  #sentBytes = 0;
  #made = 0;
  #stopped = false;

  constructor(folder: string, options: Options, say: (text: string) => void) {
    this.#folder = folder;
    this.#options = options;
    this.#say = say;
    this.#random = seededRandom(options.seed);
  }

  async start(signal: AbortSignal): Promise<void> {
    const { CARDUME_INDEX: _, ...env } = process.env;
    const args = ['index', '--listen', '127.0.0.1:0', '--database', `sqlite:${join(this.#folder, 'index.db')}`];
    const more = [
      '--authority',
      join(this.#folder, 'authority'),
      '--lease',
      `${leaseMs}ms`,
      '--json',
      '--log-level',
      'error',
    ];
    this.#index = startProcess(process.execPath, ['clients/cli/src/cardume.js', ...args, ...more], {
      cwd: root,
      env: { ...env, HOME: this.#folder },
    });
    const { invite } = await this.#index.waitForObject('listening');
    for (let number = 0; number < this.#options.peers; number += 1) {
      signal.throwIfAborted();
      const peer = new SoakPeer(this.#folder, number, String(invite));
      this.#peers.push(peer);
      for (let count = 0; count < 3; count += 1) this.#add(peer);
      await this.#start(peer);
    }
    this.#say(`${this.#peers.length} peers have joined`);
  }

  /** Lets things happen for some time. */
  async live(forMs: number, signal: AbortSignal): Promise<void> {
    const endMs = performance.now() + forMs;
    const looking = setInterval(() => this.#look(), lookEveryMs);
    try {
      const pauseMs = msPerPeerBetweenActions / this.#peers.length;
      for (let nextSayMs = performance.now(); performance.now() < endMs; ) {
        await sleep(pauseMs * 2 * this.#random(), undefined, { signal });
        this.#act(this.#choose());
        if (performance.now() < nextSayMs) continue;
        nextSayMs += 60_000;
        this.#say(`${Math.round((endMs - performance.now()) / 60_000)} min left; ${this.#summary()}`);
      }
      this.#stopped = true;
      await Promise.all(this.#underWay);
    } finally {
      clearInterval(looking);
    }
  }

  /** Brings all back, and looks whether everything is right. */
  async settle(signal: AbortSignal): Promise<Outcome> {
    await this.#everybodyBack();
    await this.#expectListed('all are back', this.#peers);
    // Every fifth crashes and every fifth sleeps: nobody says goodbye.
    const gone = this.#peers.filter((_, number) => number % 5 < 2);
    for (const [number, peer] of gone.entries()) {
      if (number % 2 === 0) await peer.crash();
      else peer.sleep();
    }
    const goneMs = performance.now();
    await this.#expectListed(
      'two fifths are gone',
      this.#peers.filter((peer) => !gone.includes(peer)),
    );
    const outlivedMs = performance.now() - goneMs;
    await this.#everybodyBack();
    await this.#expectListed('they are back', this.#peers);
    signal.throwIfAborted();
    const names = [...new Set(this.#peers.flatMap((peer) => peer.files().map(({ name }) => name)))].sort();
    const wrong = await this.#verifyAll(names, signal);
    this.#look();
    return {
      counts: this.#counts,
      fetchedBytes: this.#fetchedBytes,
      sentBytes: this.#sentBytes,
      names: names.length,
      wrongNames: wrong,
      leaseMs,
      outlivedMs,
      indexUsages: this.#indexUsages,
      peerUsages: this.#peers.map(({ usages }) => usages),
      problems: this.#problems,
    };
  }

  async end(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#peers.map((peer) => peer.stop()));
    await this.#index?.stop();
    await Promise.all(this.#underWay);
  }

  #choose(): Action {
    const turns = Object.entries(weights).flatMap(([action, weight]) => Array<Action>(weight).fill(action as Action));
    return this.#pick(turns) ?? 'fetch';
  }

  #act(action: Action): void {
    const free = this.#peers.filter((peer) => peer.isAwake && !this.#busy.has(peer));
    const peer = this.#pick(free);
    if (peer === undefined) return;
    const restMs = 2_000 + this.#random() * 25_000;
    if (action === 'fetch') this.#startFetch(peer);
    else if (action === 'send') this.#startSend(peer);
    else if (action === 'add') this.#add(peer);
    else if (action === 'remove') this.#remove(peer);
    else this.#beside(action, peer, () => this.#away(action, peer, restMs));
  }

  #beside(action: Action, peer: SoakPeer, work: () => Promise<void>): void {
    this.#count(action);
    this.#busy.add(peer);
    const running = work()
      .catch((error: unknown) => this.#problem(`${action}: ${error instanceof Error ? error.message : error}`))
      .finally(() => {
        this.#busy.delete(peer);
        this.#underWay.delete(running);
      });
    this.#underWay.add(running);
  }

  async #away(
    action: Exclude<Action, 'fetch' | 'send' | 'add' | 'remove'>,
    peer: SoakPeer,
    restMs: number,
  ): Promise<void> {
    this.#awakeSinceMs.delete(peer);
    if (action === 'sleep') {
      peer.sleep();
      await this.#rest(restMs);
      peer.wake();
      // It may have slept past its lease: then nobody finds it before it has noticed, and joined anew.
      await this.#listedAgain(peer);
      this.#awakeSinceMs.set(peer, performance.now());
      return;
    }
    if (action === 'crash') await peer.crash();
    else {
      const problem = await peer.stop();
      if (problem !== undefined) this.#problem(`${action}: ${problem}`);
    }
    if (action === 'move') peer.move();
    else await this.#rest(restMs);
    if (!this.#stopped) await this.#start(peer);
  }

  async #listedAgain(peer: SoakPeer): Promise<void> {
    for (const endMs = performance.now() + mostMsToComeBack; !this.#stopped; await this.#rest(500)) {
      if ((await this.#listed()).some((line) => line.startsWith(`${peer.peerId}:`))) return;
      if (performance.now() > endMs)
        throw new Error(`${peer.peerId} is not listed ${mostMsToComeBack / 1000} s after it woke`);
    }
  }

  async #rest(ms: number): Promise<void> {
    for (const endMs = performance.now() + ms; performance.now() < endMs && !this.#stopped; ) await sleep(100);
  }

  async #start(peer: SoakPeer): Promise<void> {
    await peer.start();
    this.#awakeSinceMs.set(peer, performance.now());
  }

  #add(peer: SoakPeer): void {
    if (peer.files().length >= maxFilesPerPeer) return;
    this.#count('add');
    // From 1 KiB to 16 MiB, as many small ones as large.
    const sizeBytes = Math.floor(2 ** (10 + this.#random() * 14));
    peer.add(madeFile(this.#made++, sizeBytes));
  }

  #remove(peer: SoakPeer): void {
    const files = peer.files().filter(({ name }) => !this.#kept.has(name));
    const file = this.#pick(files);
    if (file === undefined || files.length < 2) return;
    this.#count('remove');
    peer.remove(file.name);
  }

  #startFetch(peer: SoakPeer): void {
    const own = new Set(peer.files().map(({ name }) => name));
    const holder = this.#other(peer);
    const file = this.#pick(holder?.files().filter(({ name }) => !own.has(name)) ?? []);
    if (holder === undefined || file === undefined) return;
    this.#transfer('fetch', peer, file.name, () => this.#fetch(peer, holder, file.name));
  }

  #startSend(peer: SoakPeer): void {
    const receiver = this.#other(peer);
    const file = this.#pick(peer.files());
    if (receiver === undefined || file === undefined) return;
    this.#transfer('send', peer, file.name, () => this.#send(peer, receiver, file.name));
  }

  /** Another one, that is awake. */
  #other(peer: SoakPeer): SoakPeer | undefined {
    return this.#pick(this.#peers.filter((other) => other !== peer && other.isAwake));
  }

  #pick<Item>(items: readonly Item[]): Item | undefined {
    return items[Math.floor(this.#random() * items.length)];
  }

  /** A few at a time; nobody removes the file meanwhile. */
  #transfer(action: Action, peer: SoakPeer, name: string, work: () => Promise<void>): void {
    if (this.#transfers >= maxTransfers) return;
    this.#transfers += 1;
    this.#kept.set(name, (this.#kept.get(name) ?? 0) + 1);
    this.#beside(action, peer, async () => {
      try {
        await work();
      } finally {
        this.#transfers -= 1;
        const count = (this.#kept.get(name) ?? 1) - 1;
        if (count === 0) this.#kept.delete(name);
        else this.#kept.set(name, count);
      }
    });
  }

  async #fetch(peer: SoakPeer, holder: SoakPeer, name: string): Promise<void> {
    const startMs = performance.now();
    const { code, stderr, stdout } = await peer.get(name);
    if (code === 0) {
      const file = fileOfName(name);
      const bytes = readFileSync(join(peer.shared, name));
      if (file === undefined || !isMade(file, bytes)) this.#problem(`fetch: ${name} has other bytes`);
      this.#fetchedBytes += bytes.length;
      return;
    }
    this.#failed('fetch', name, holder, startMs, `${code}: ${stderr} ${stdout.slice(-500)}`);
  }

  async #send(peer: SoakPeer, receiver: SoakPeer, name: string): Promise<void> {
    const startMs = performance.now();
    const { code, stderr, stdout } = await peer.send(name, receiver.peerId ?? '');
    if (code === 0) {
      const received = receiver.takeReceived(name);
      const file = fileOfName(name);
      if (received === undefined || file === undefined) this.#problem(`send: ${name} was sent, and is not there`);
      else if (!isMade(file, received)) this.#problem(`send: ${name} has other bytes`);
      this.#sentBytes += received?.length ?? 0;
      return;
    }
    this.#failed('send', name, receiver, startMs, `${code}: ${stderr} ${stdout.slice(-500)}`);
  }

  /** Tells of a transfer that failed: all right if the other one was away at any time. */
  #failed(action: Action, name: string, other: SoakPeer, startMs: number, how: string): void {
    const awakeSinceMs = this.#awakeSinceMs.get(other) ?? Number.POSITIVE_INFINITY;
    if (awakeSinceMs > startMs) this.#count(`${action} that failed with the other one gone`);
    else this.#problem(`${action}: ${name} ended though the other one was there, with ${how}`);
  }

  async #everybodyBack(): Promise<void> {
    for (const peer of this.#peers) {
      if (peer.isAsleep) peer.wake();
      else if (!peer.isRunning) await this.#start(peer);
    }
  }

  /** Waits until the index lists these peers, with all of their files, and no others. */
  async #expectListed(when: string, peers: readonly SoakPeer[]): Promise<void> {
    const wanted = peers.map((peer) => `${peer.peerId}: ${peer.files().length}`).sort();
    let listed: string[] = [];
    try {
      await until(
        when,
        async () => {
          listed = (await this.#listed()).sort();
          return listed.join() === wanted.join();
        },
        leaseMs + listingMarginMs + 30_000,
      );
    } catch {
      const missing = wanted.filter((line) => !listed.includes(line));
      const tooMany = listed.filter((line) => !wanted.includes(line));
      this.#problem(`${when}: the index lists not ${missing.join(', ')} but ${tooMany.join(', ')}`);
    }
  }

  async #listed(): Promise<string[]> {
    const { stdout } = await this.#check(['peers', '--json']);
    return jsonLines(stdout)
      .filter(({ type }) => type === 'peer')
      .map(({ peerId, fileCount }) => `${peerId}: ${fileCount}`);
  }

  /** Gets everything that anybody has; returns which names were not there, or had other bytes. */
  async #verifyAll(names: readonly string[], signal: AbortSignal): Promise<string[]> {
    const wrong: string[] = [];
    const out = join(this.#folder, 'all');
    for (let at = 0; at < names.length; at += namesPerGet) {
      signal.throwIfAborted();
      const some = names.slice(at, at + namesPerGet);
      const { code, stderr } = await this.#check(['get', ...some, '-o', out, '--no-copy', '--no-share', '--json']);
      if (code !== 0) this.#problem(`get of all: ${code}, ${stderr.slice(-500)}`);
      for (const name of some) {
        const file = fileOfName(name);
        try {
          if (file !== undefined && isMade(file, readFileSync(join(out, name)))) continue;
        } catch {
          // It is not there.
        }
        wrong.push(name);
      }
      rmSync(out, { recursive: true, force: true });
    }
    return wrong;
  }

  /** Runs the command as a machine of its own, that is no peer. */
  #check(args: readonly string[]) {
    const object = this.#index?.stdout.split('\n').find((line) => line.includes('"listening"')) ?? '{}';
    const { invite } = JSON.parse(object) as { invite: string };
    return runCommand(process.execPath, ['clients/cli/src/cardume.js', ...args], {
      cwd: root,
      env: { PATH: process.env.PATH, HOME: join(this.#folder, 'checker'), CARDUME_INDEX: invite },
      timeoutMs: 600_000,
    });
  }

  #look(): void {
    const nowMs = performance.now();
    for (const peer of this.#peers) peer.look(nowMs);
    for (const peer of this.#peers) {
      if (this.#busy.has(peer) || peer.unexpectedEnd === undefined) continue;
      this.#problem(`a peer ended by itself: ${peer.unexpectedEnd}`);
    }
    const { pid = 0, end } = this.#index ?? {};
    if (end !== undefined) this.#problem(`the index ended: ${this.#index?.stderr.slice(-1_000)}`);
    else this.#indexUsages.push({ atMs: nowMs, memoryBytes: memoryOf(pid).nowBytes, descriptors: descriptorsOf(pid) });
  }

  #count(what: string): void {
    this.#counts[what] = (this.#counts[what] ?? 0) + 1;
  }

  #problem(what: string): void {
    this.#problems.push(what);
    this.#say(`PROBLEM ${what}`);
  }

  #summary(): string {
    const counts = Object.entries(this.#counts).map(([what, count]) => `${count} ${what}`);
    return `${counts.join(', ')}; ${this.#problems.length} problems`;
  }
}

function jsonLines(text: string): Record<string, unknown>[] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line));
}
