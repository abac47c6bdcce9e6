import { setTimeout as sleep } from 'node:timers/promises';
import type { StartedProcess } from '../../tests/support/start-process.ts';
import type { Member, Network } from './network.ts';
import type { Source } from './systems/swarm-system.ts';

/** Something that becomes of a source while a file is downloaded from it. */
export interface Fault {
  readonly name: string;
  /** For the tables. */
  readonly title: string;
  /** Whether the source must be able to lie. */
  readonly wantsLiar?: boolean;
  /** Whether the source's file is written to, so that it must be a copy of its own. */
  readonly wantsCopy?: boolean;
  /** Whether a source that is this way counts as lost: the other one then brings the rest alone. */
  readonly losesSource: boolean;
  /** Makes it happen. */
  strike(struck: StruckSource): void | Promise<void>;
}

/** The source that a fault strikes. */
export interface StruckSource {
  readonly source: Source;
  readonly member: Member;
  readonly network: Network;
  /** Starts it again, after it was killed. */
  restart(): Promise<unknown>;
  /** Writes another content over its file, in another process. */
  rewrite(): StartedProcess;
}

/** When it happens, after the start of the downloader's process. */
export const faultAfterMs = 2_500;
const backAfterMs = 1_500;
const slowBytesPerSecond = 1_000_000;
const mebibyte = 2 ** 20;

/** All faults that are measured. */
export const faults: readonly Fault[] = [
  {
    name: 'killed',
    title: 'killed (SIGKILL)',
    losesSource: true,
    strike: ({ source }) => source.process.kill('SIGKILL'),
  },
  {
    name: 'stopped',
    title: 'stopped (SIGSTOP)',
    losesSource: true,
    strike: ({ source }) => source.process.kill('SIGSTOP'),
  },
  {
    name: 'flipped',
    title: 'lies: a byte of each MiB',
    wantsLiar: true,
    wantsCopy: true,
    losesSource: true,
    strike: ({ source }) => source.lie?.(mebibyte),
  },
  {
    name: 'flipped-some',
    title: 'lies: a byte of each 7 MiB',
    wantsLiar: true,
    wantsCopy: true,
    losesSource: true,
    strike: ({ source }) => source.lie?.(7 * mebibyte),
  },
  {
    name: 'slow',
    title: 'slow: 1 MB/s',
    losesSource: true,
    strike: ({ network, member }) => network.shape(member, slowBytesPerSecond),
  },
  {
    name: 'back',
    title: 'killed, back after 1.5 s',
    losesSource: false,
    async strike({ source, restart }) {
      source.process.kill('SIGKILL');
      await source.process.waitForEnd();
      await sleep(backAfterMs);
      await restart();
    },
  },
  {
    name: 'changed',
    title: 'its file is written over',
    wantsCopy: true,
    losesSource: true,
    async strike({ rewrite }) {
      await rewrite().waitForEnd();
    },
  },
];

/** What `--faults` calls them. */
export const faultNames = faults.map(({ name }) => name);
