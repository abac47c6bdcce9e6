import { type StartedProcess, startProcess } from '../../tests/support/start-process.ts';
import { killProcess, readProcess } from './process-tree.ts';
import { createProcessWatch, type ProcessWatch } from './process-watch.ts';

/** Where a process of a run belongs; a helper is neither of the two, as our index. */
export type End = 'sender' | 'receiver' | 'helper';

/** A value for each end. */
export type PerEnd<Value> = Record<End, Value>;

/** The processes of one run. Who makes one stops it. */
export interface Ends {
  /** Starts a process in the background, in the run's folder. */
  start(end: End, command: string, ...args: string[]): StartedProcess;
  /** Runs a process to its end. Throws with what it wrote when its exit code is not 0. */
  run(end: End, command: string, ...args: string[]): Promise<StartedProcess>;
  /** CPU that each end used so far. Processes of the receiver may end between two readings; of the others, none may. */
  cpuSeconds(): PerEnd<number>;
  /** The most resident memory of each end so far. */
  peakMemoryBytes(): PerEnd<number>;
  /** Ends all processes and those that they started. */
  stop(): Promise<void>;
}

/** What a run's processes are made with. */
export interface EndsInit {
  /** Where they work. */
  folder: string;
  /** Their home, so that nobody's settings change what is measured; the same for all runs, as caches are kept there. */
  home: string;
  /** Stops everything when it aborts. */
  signal: AbortSignal;
  /**
   * How often memory is read. A peak outlives what caused it, so only one right before an exit can be missed; reading
   * costs what the processes then do not have. Default: 20 ms.
   */
  sampleEveryMs?: number;
}

/** Looking for what processes started costs more than reading them; a new one is looked at early. */
const samplesBetweenSearches = 25;
const samplesBeforeFirstSearch = 2;

/** Makes the ends of a run. */
export function createEnds({ folder, home, signal, sampleEveryMs = 20 }: EndsInit): Ends {
  const started: { end: End; process: StartedProcess }[] = [];
  const watch = (end: End, endedCpuSeconds = () => 0): ProcessWatch =>
    createProcessWatch({
      endedCpuSeconds,
      running: () =>
        started.filter((one) => one.end === end && one.process.end === undefined).map((one) => one.process.pid),
    });
  const sender = watch('sender');
  // What ended and was waited for stands with its parent, and that is this process.
  const receiver = watch('receiver', () => readProcess(process.pid)?.endedChildrenCpuSeconds ?? 0);
  const helper = watch('helper');
  const watches = [sender, receiver, helper];
  let samplesUntilSearch = 0;
  const sampler = setInterval(() => {
    const isSearch = samplesUntilSearch-- === 0;
    if (isSearch) samplesUntilSearch = samplesBetweenSearches;
    for (const one of watches) {
      if (isSearch) one.search();
      one.sample();
    }
  }, sampleEveryMs);

  const env = { PATH: process.env.PATH, HOME: home, LC_ALL: 'C.UTF-8' };
  const start = (end: End, command: string, ...args: string[]): StartedProcess => {
    signal.throwIfAborted();
    const child = startProcess(command, args, { cwd: folder, env });
    started.push({ end, process: child });
    samplesUntilSearch = samplesBeforeFirstSearch;
    return child;
  };
  const stop = async (): Promise<void> => {
    clearInterval(sampler);
    for (const one of watches) one.search();
    await Promise.all(started.filter((one) => one.process.end === undefined).map((one) => one.process.stop()));
    // A server's children may be in a session of their own, and outlive it.
    for (const process of watches.flatMap((one) => one.found())) killProcess(process);
  };
  const stopOnAbort = (): void => void stop();
  signal.addEventListener('abort', stopOnAbort);

  return {
    start,
    async run(end, command, ...args) {
      const child = start(end, command, ...args);
      const { code } = await child.waitForEnd();
      signal.throwIfAborted();
      if (code !== 0)
        throw new Error(`${command} ${args.join(' ')} ended with ${code}:\n${child.stdout}${child.stderr}`);
      return child;
    },
    cpuSeconds: () => ({
      sender: sender.cpuSeconds(),
      receiver: receiver.cpuSeconds(),
      helper: helper.cpuSeconds(),
    }),
    peakMemoryBytes: () => ({
      sender: sender.peakMemoryBytes(),
      receiver: receiver.peakMemoryBytes(),
      helper: helper.peakMemoryBytes(),
    }),
    async stop() {
      signal.removeEventListener('abort', stopOnAbort);
      await stop();
    },
  };
}
