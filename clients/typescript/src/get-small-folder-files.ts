import { join } from 'node:path';
import { makeEmptyFile } from './adapters/disk/make-entry.ts';
import type { PeerPool } from './adapters/peer/peer-pool.ts';
import { LanePool } from './adapters/receiving/lane-pool.ts';
import { type Address, formatAddress } from './core/address/address.ts';
import { forEachConcurrently } from './core/concurrency/for-each-concurrently.ts';
import { inBatches } from './core/concurrency/in-batches.ts';
import { type HolderToTry, orderHolders } from './core/download/order-holders.ts';
import type { FolderFile } from './core/folder/folder-manifest.ts';
import type { DownloadSource } from './core/model/download.ts';
import type { Holder } from './core/model/search.ts';
import type { ReceiveLimit } from './core/rate/receive-limit.ts';
import type { SmallFile } from './download-small-files.ts';
import { type GetDividedFilesInit, getDividedFiles } from './get-divided-files.ts';
import { getSmallFiles, type SmallTask } from './get-small-files.ts';

/** How many small files are asked for in one request. */
const filesPerRequest = 500;
/** How many requests are under way to each of the folder's holders, and to how many of these. */
const requestsPerHolder = 2;
const maxHoldersAtOnce = 4;
/** How many digests are looked up at the index in one call, when the folder's holders do not do. */
export const digestsPerLookup = 250;
const emptyFilesAtOnce = 4;

/** Those who receive the same folder at the same time, and this one among them. */
export interface FellowReceivers extends Pick<GetDividedFilesInit, 'ownPeerId' | 'holders' | 'onLiar'> {}

/** Where small files of a folder come from, and who is told of them. */
export interface GetSmallFolderFilesInit {
  peers: PeerPool;
  limit: ReceiveLimit | undefined;
  blocksThread: boolean;
  /** Those of the folder, best first. */
  holders: readonly HolderToTry[];
  /** Set when others receive the same folder at the same time. */
  receivers: FellowReceivers | undefined;
  /** Who has each of some files, besides. */
  findHolders: (files: readonly FolderFile[]) => Promise<(readonly Holder[])[]>;
  targetOf: (file: FolderFile) => SmallFile;
  /** Somebody is asked. */
  onHolder: (holder: Address) => void;
  onReceived: (bytes: number) => void;
  /** A file has its place. */
  onDone: (file: FolderFile, sources: readonly DownloadSource[]) => void;
  signal: AbortSignal;
}

/**
 * Fetches small files of a folder, many in a request: from all of the folder's holders, and what those do not have from whoever
 * else has it, by its digest. Those that others receive, too, are divided among all: see {@link getDividedFiles}.
 *
 * @returns those that could not be had so
 */
export async function getSmallFolderFiles(
  files: readonly FolderFile[],
  init: GetSmallFolderFilesInit,
): Promise<FolderFile[]> {
  const left = await makeEmptyFiles(files, init);
  const full = files.filter(({ sizeBytes }) => sizeBytes > 0);
  const lanes = new LanePool(init.peers, init.blocksThread);
  try {
    const unplaced = await (init.receivers === undefined
      ? fromHolders(full, init, lanes)
      : getDividedFiles(full, {
          ...init,
          ...init.receivers,
          lanes,
          onPlaced: init.onDone,
          nowMs: () => performance.now(),
          random: Math.random,
        }));
    return left.concat(await fromOthers(unplaced, init, lanes));
  } finally {
    lanes.close();
  }
}

async function makeEmptyFiles(
  files: readonly FolderFile[],
  { targetOf, onDone }: GetSmallFolderFilesInit,
): Promise<FolderFile[]> {
  const left: FolderFile[] = [];
  const empty = files.filter(({ sizeBytes }) => sizeBytes === 0);
  await forEachConcurrently(empty, emptyFilesAtOnce, async (file) => {
    const { folder, name } = targetOf(file);
    if (await makeEmptyFile(join(folder, name))) onDone(file, []);
    else left.push(file);
  });
  return left;
}

async function fromHolders(
  files: readonly FolderFile[],
  init: GetSmallFolderFilesInit,
  lanes: LanePool,
): Promise<FolderFile[]> {
  const holders = init.holders.filter(({ partial }) => !partial).slice(0, maxHoldersAtOnce);
  const left: FolderFile[] = [];
  let turn = 0;
  const getBatch = async (batch: readonly FolderFile[]): Promise<void> => {
    const holder = holders[turn++ % holders.length];
    const tasks = holder === undefined ? [] : batch.map((file) => ({ file, holder }));
    left.push(...(holder === undefined ? batch : await place(tasks, init, lanes)));
  };
  const atOnce = Math.max(1, holders.length) * requestsPerHolder;
  await forEachConcurrently(inBatches(files, filesPerRequest), atOnce, getBatch);
  return left;
}

async function fromOthers(
  files: readonly FolderFile[],
  init: GetSmallFolderFilesInit,
  lanes: LanePool,
): Promise<FolderFile[]> {
  const tried = new Set(init.holders.map(formatAddress));
  const left: FolderFile[] = [];
  for (const batch of inBatches(files, digestsPerLookup)) {
    const found = await init.findHolders(batch);
    const tasks: { file: FolderFile; holder: HolderToTry }[] = [];
    for (const [at, file] of batch.entries()) {
      const holder = orderHolders(found[at] ?? []).find((other) => !tried.has(formatAddress(other)));
      if (holder === undefined) left.push(file);
      else tasks.push({ file, holder });
    }
    left.push(...(await place(tasks, init, lanes)));
  }
  return left;
}

/** @returns those that were not placed */
async function place(
  tasks: readonly { file: FolderFile; holder: HolderToTry }[],
  { limit, targetOf, onHolder, onReceived, onDone, signal }: GetSmallFolderFilesInit,
  lanes: LanePool,
): Promise<FolderFile[]> {
  signal.throwIfAborted();
  const [first] = tasks;
  if (first === undefined) return [];
  onHolder(first.holder);
  const small = new Map<FolderFile, SmallTask>(
    tasks.map(({ file, holder }) => [file, { holder, file: targetOf(file) }]),
  );
  const results = await getSmallFiles(small, {
    lanes,
    onReceived: (bytes, source) => {
      onReceived(bytes);
      return limit?.take(bytes, source, performance.now()) ?? 0;
    },
    isPaced: limit !== undefined,
    signal,
  });
  for (const [file, { sources }] of results) onDone(file, sources);
  return tasks.map(({ file }) => file).filter((file) => !results.has(file));
}
