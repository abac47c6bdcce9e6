import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createEnds, type Ends, type PerEnd } from '../data/ends.ts';
import { busyPercent, readMachineTime, stealPercent } from '../data/machine-time.ts';
import type { MeasureTransferInit } from '../data/measure-transfer.ts';
import { checkCopy, type Workload } from '../data/workload.ts';
import { type Fault, faultAfterMs } from './faults.ts';
import { createNetwork, type Member, type Network } from './network.ts';
import type { Source, Swarm, SwarmSystem } from './systems/swarm-system.ts';

/** What is to be run. */
export interface SwarmCase {
  readonly system: SwarmSystem;
  readonly sourceCount: number;
  readonly downloaderCount: number;
  readonly uplinkBytesPerSecond: number;
  /** Strikes the first source. */
  readonly fault?: Fault | undefined;
  /** Downloads that take longer are ended. */
  readonly limitSeconds: number;
}

/** What came of a run. */
export interface SwarmOutcome {
  /** From the start of the first downloader's process until the last one has the file; NaN when not all got there. */
  seconds: number;
  /** When each downloader had it, in order. */
  finishedSeconds: number[];
  /** Why not all have the very bytes: a failure, the limit of time, other content. */
  problem: string | undefined;
  /** Whether its fault came before the end. */
  struck: boolean;
  /** CPU of all processes meanwhile, by where they belong. That of sources that were killed is missing. */
  cpuSeconds: PerEnd<number>;
  /** Of the machine's processors, by all processes of the run together. */
  cpuPercent: number;
  /** Of the machine's processors, with what the kernel and others on the machine do. */
  busyPercent: number;
  stealPercent: number;
}

/**
 * Moves a file once, between processes and machines made for it, and compares what arrived. Nothing of it is left
 * afterwards. What goes wrong with a download is an outcome.
 *
 * @param other a file of the same size with another content, for faults that want one
 * @throws when a source does not start
 */
export async function runSwarm(
  swarmCase: SwarmCase,
  workload: Workload,
  other: string | undefined,
  { folder, home, signal }: MeasureTransferInit,
): Promise<SwarmOutcome> {
  const { system, sourceCount, downloaderCount, uplinkBytesPerSecond, fault, limitSeconds } = swarmCase;
  const runFolder = mkdtempSync(join(folder, 'run-'));
  const work = join(runFolder, 'work');
  mkdirSync(work);
  let network: Network | undefined;
  const ends = createEnds({ folder: work, home, signal, sampleEveryMs: 100 });
  try {
    network = createNetwork({ memberCount: sourceCount + downloaderCount, uplinkBytesPerSecond });
    const { hub, members } = network;
    const [sources, downloaders] = [members.slice(0, sourceCount), members.slice(sourceCount)];
    const swarm = await system.open({ workload, folder: work, hub, sources, downloaders, ends });
    const [struck] = sources;
    const folderOf = (member: Member): string =>
      fault?.wantsCopy === true && member === struck ? ownCopy(workload, runFolder) : workload.folder;
    const starts = sources.map((member) => ({ member, shared: folderOf(member), lies: isLiar(fault, member, struck) }));
    const started = await Promise.all(
      starts.map(({ member, shared, lies }) => swarm.startSource(member, shared, lies)),
    );
    const targets = new Map(downloaders.map((member) => [member, join(runFolder, `target-${member.host}`)]));
    for (const target of targets.values()) mkdirSync(target);

    const begun = { cpu: ends.cpuSeconds(), machine: readMachineTime(), ms: performance.now() };
    const faultOver = new AbortController();
    const [first] = starts;
    const [source] = started;
    const striking =
      fault === undefined || first === undefined || source === undefined
        ? Promise.resolve(false)
        : strikeLater(fault, { ...first, source, swarm, network, ends, other, workload }, faultOver.signal);
    // Whether it fails is asked below; nobody else must.
    striking.catch(() => {});
    let downloads: Downloads;
    let [spanSeconds, machine, cpu] = [0, begun.machine, begun.cpu];
    try {
      downloads = await downloadAll(swarm, targets, limitSeconds, signal);
      spanSeconds = (performance.now() - begun.ms) / 1_000;
      machine = readMachineTime();
      cpu = ends.cpuSeconds();
    } finally {
      faultOver.abort();
      await Promise.allSettled([striking]);
    }
    const struckInTime = await striking;
    const wrong = system.keepsNothing === true ? undefined : await findWrongCopy(workload, [...targets.values()]);
    const problem = downloads.problem ?? wrong;
    const cpuSeconds = {
      sender: cpu.sender - begun.cpu.sender,
      receiver: cpu.receiver - begun.cpu.receiver,
      helper: cpu.helper - begun.cpu.helper,
    };
    const allCpuSeconds = cpuSeconds.sender + cpuSeconds.receiver + cpuSeconds.helper;
    return {
      seconds: problem === undefined ? Math.max(...downloads.finishedSeconds) : Number.NaN,
      finishedSeconds: downloads.finishedSeconds.toSorted((a, b) => a - b),
      problem,
      struck: struckInTime,
      cpuSeconds,
      cpuPercent: (allCpuSeconds / spanSeconds / availableParallelism()) * 100,
      busyPercent: busyPercent(begun.machine, machine),
      stealPercent: stealPercent(begun.machine, machine),
    };
  } finally {
    await ends.stop();
    network?.remove();
    rmSync(runFolder, { recursive: true });
  }
}

function isLiar(fault: Fault | undefined, member: Member, struck: Member | undefined): boolean {
  return fault?.wantsLiar === true && member === struck;
}

/** Copies the workload for a source whose file is to be written to. */
function ownCopy(workload: Workload, runFolder: string): string {
  const folder = join(runFolder, 'own-copy');
  mkdirSync(folder);
  for (const name of workload.files.keys()) copyFileSync(join(workload.folder, name), join(folder, name));
  return folder;
}

interface StrikeInit {
  member: Member;
  shared: string;
  lies: boolean;
  source: Source;
  swarm: Swarm;
  network: Network;
  ends: Ends;
  other: string | undefined;
  workload: Workload;
}

/**
 * Lets a fault happen when its time comes; when all is over, lets a stopped source end.
 *
 * @returns whether it happened: all may be over before
 */
async function strikeLater(fault: Fault, init: StrikeInit, over: AbortSignal): Promise<boolean> {
  const { member, shared, source, swarm, network, ends, other = '', workload } = init;
  const [name = ''] = workload.files.keys();
  try {
    await sleep(faultAfterMs, undefined, { signal: over });
  } catch {
    return false;
  }
  await fault.strike({
    source,
    member,
    network,
    restart: () => swarm.startSource(member, shared),
    rewrite: () => ends.start('helper', 'cp', other, join(shared, name)),
  });
  if (over.aborted) source.process.kill('SIGCONT');
  else over.addEventListener('abort', () => source.process.kill('SIGCONT'));
  return true;
}

interface Downloads {
  finishedSeconds: number[];
  problem: string | undefined;
}

/** Starts all downloads at once, and waits for the last one, or for the first problem. */
async function downloadAll(
  swarm: Swarm,
  targets: ReadonlyMap<Member, string>,
  limitSeconds: number,
  signal: AbortSignal,
): Promise<Downloads> {
  const failed = new AbortController();
  const limit = AbortSignal.timeout(Math.ceil(limitSeconds * 1_000));
  const until = AbortSignal.any([signal, failed.signal, limit]);
  const startMs = performance.now();
  const finishedSeconds: number[] = [];
  let problem: string | undefined;
  const downloads = [...targets].map(async ([member, target]) => {
    try {
      await swarm.download(member, target, until);
      finishedSeconds.push((performance.now() - startMs) / 1_000);
    } catch (error) {
      signal.throwIfAborted();
      problem ??= limit.aborted ? `not done in ${limitSeconds.toFixed(0)} s` : messageOf(error);
      failed.abort();
    }
  });
  // All, so that none is left behind that starts or rejects when the run is over.
  for (const { reason } of (await Promise.allSettled(downloads)).filter(isRejected)) throw reason;
  return { finishedSeconds, problem };
}

function isRejected(result: PromiseSettledResult<unknown>): result is PromiseRejectedResult {
  return result.status === 'rejected';
}

async function findWrongCopy(workload: Workload, targets: readonly string[]): Promise<string | undefined> {
  try {
    for (const target of targets) await checkCopy(workload, target);
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
}
