import { prepareFolder } from './adapters/disk/prepare-folder.ts';
import { syncFolder } from './adapters/disk/sync-folder.ts';
import type { IndexClient } from './adapters/index/open-index.ts';
import type { PeerPool } from './adapters/peer/peer-pool.ts';
import { LanePool } from './adapters/receiving/lane-pool.ts';
import type { Address } from './core/address/address.ts';
import { inBatches } from './core/concurrency/in-batches.ts';
import { mapConcurrently } from './core/concurrency/map-concurrently.ts';
import { orderHolders } from './core/download/order-holders.ts';
import type { DownloadResult, GetAllOptions, GetOutcome } from './core/model/download.ts';
import { mayBeHere } from './core/model/local-copies.ts';
import type { Hit } from './core/model/search.ts';
import { lastPart } from './core/names/last-part.ts';
import { nameProblem } from './core/names/name-problem.ts';
import type { ReceiveLimit } from './core/rate/receive-limit.ts';
import { maxSmallFileBytes } from './download-small-files.ts';
import { CardumeError } from './errors/cardume-error.ts';
import { cardumeErrorFrom } from './errors/from-unknown.ts';
import { findAtPeer } from './find-file.ts';
import { type FoundAtIndex, findManyAtIndex } from './find-many-at-index.ts';
import { getSmallFiles, type SmallTask } from './get-small-files.ts';
import { noteFinished } from './note-copies.ts';

/** How many names are looked up, and their small files asked for, in one request. */
const namesPerBatch = 250;
/** While the files of one batch come, the next one is looked up. */
const batchesAtOnce = 2;
/** How many names a peer is asked for at once. */
const askedAtOnce = 32;

/** What the downloads of several files work with. */
export interface GetAllComponents {
  peers: PeerPool;
  limit: ReceiveLimit | undefined;
  /** Finds what each of some names or digests means, in their order. */
  find: (namesOrDigests: readonly string[]) => Promise<readonly FoundAtIndex[]>;
  /** Downloads what was found, whatever its size, the long way. */
  download: (found: readonly [Hit, ...Hit[]]) => Promise<DownloadResult>;
}

/**
 * Downloads several files: the small ones many in a request; the large ones one after the other, since each takes all that
 * the path has.
 */
export async function* getAll(
  namesOrDigests: Iterable<string>,
  options: GetAllOptions,
  components: GetAllComponents,
): AsyncGenerator<GetOutcome, void, undefined> {
  const { folder = '.', overwrite = false, blocksThread = false, copies } = options;
  const { signal = new AbortController().signal } = options;
  const lanes = new LanePool(components.peers, blocksThread);
  const pace = {
    onReceived: (bytes: number, source: string): number =>
      components.limit?.take(bytes, source, performance.now()) ?? 0,
    isPaced: components.limit !== undefined,
  };
  let folderPath: string | undefined;
  let lastLong: Promise<unknown> = Promise.resolve();

  const asSmall = async ([hit, ...others]: readonly [Hit, ...Hit[]]): Promise<SmallTask | undefined> => {
    const { digest, sizeBytes, folder: isFolder } = hit;
    const name = lastPart(hit.name);
    const [holder] = orderHolders(hit.holders.filter(({ partial }) => !partial));
    const isSimple =
      isFolder === undefined && sizeBytes > 0 && sizeBytes <= maxSmallFileBytes && others.length === 0 && !overwrite;
    if (!isSimple || holder === undefined || nameProblem(name) !== null) return undefined;
    // The long way knows how to copy.
    if (await mayBeHere(copies, hit)) return undefined;
    folderPath ??= await prepareFolder(folder, name);
    return { file: { digest, sizeBytes, folder: folderPath, name }, holder };
  };

  /** The results of those that could be had the short way, by their index. */
  const getSmall = async (found: readonly FoundAtIndex[]): Promise<Map<number, DownloadResult>> => {
    const tasks = new Map<number, SmallTask>();
    for (const [index, each] of found.entries()) {
      const task = 'reason' in each ? undefined : await asSmall(each);
      if (task !== undefined) tasks.set(index, task);
    }
    return getSmallFiles(tasks, { lanes, ...pace, signal });
  };

  const getLong = (found: readonly [Hit, ...Hit[]]): Promise<DownloadResult> => {
    const turn = lastLong.then(() => {
      signal.throwIfAborted();
      return components.download(found);
    });
    // The next one's turn comes also when this one failed, which its own caller hears of.
    lastLong = turn.catch(() => undefined);
    return turn;
  };

  const getBatch = async (names: readonly string[]): Promise<GetOutcome[]> => {
    try {
      signal.throwIfAborted();
      const found = await components.find(names);
      const small = await getSmall(found);
      await noteFinished(copies, [...small.values()]);
      return await Promise.all(
        names.map(async (nameOrDigest, index): Promise<GetOutcome> => {
          const result = small.get(index);
          if (result !== undefined) return { nameOrDigest, result };
          const each = found[index];
          if (each === undefined || 'reason' in each) return failed(nameOrDigest, each);
          return getLong(each).then(
            (long) => ({ nameOrDigest, result: long }),
            (error: unknown) => failed(nameOrDigest, error),
          );
        }),
      );
    } catch (error) {
      return names.map((nameOrDigest) => failed(nameOrDigest, error));
    }
  };

  try {
    const batches = inBatches(namesOrDigests, namesPerBatch);
    for await (const outcomes of mapConcurrently(batches, batchesAtOnce, getBatch)) yield* outcomes;
  } finally {
    lanes.close();
    if (folderPath !== undefined) await syncFolder(folderPath);
  }
}

/** Where {@link findMany} looks. */
export interface FindManyInit {
  index: IndexClient;
  peers: PeerPool;
  /** Asked in the place of the index. */
  from: Address | undefined;
  signal: AbortSignal | undefined;
}

/** Finds what each of some names or digests means, in their order: at the index in one call, at a peer one by one. */
export async function findMany(
  names: readonly string[],
  { index, peers, from, signal }: FindManyInit,
): Promise<FoundAtIndex[]> {
  const options = signal === undefined ? {} : { signal };
  const found = new Map<string, FoundAtIndex>();
  if (from === undefined) {
    for (const [name, answer] of await findManyAtIndex(index, names, options)) found.set(name, answer);
  } else {
    const ask = async (name: string): Promise<[string, FoundAtIndex]> => {
      try {
        return [name, await peers.use(from, (peer) => findAtPeer(peer, name, options))];
      } catch (error) {
        return [name, cardumeErrorFrom(error, name)];
      }
    };
    for await (const [name, answer] of mapConcurrently(new Set(names), askedAtOnce, ask)) found.set(name, answer);
  }
  return names.map((name) => found.get(name) ?? new CardumeError('INTERNAL', `nothing was found out about ${name}`));
}

function failed(nameOrDigest: string, error: unknown): GetOutcome {
  return { nameOrDigest, error: cardumeErrorFrom(error, nameOrDigest) };
}
