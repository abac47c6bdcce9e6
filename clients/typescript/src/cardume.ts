import { type CallOptions, type IndexClient, openIndex } from './adapters/index/open-index.ts';
import { PeerPool } from './adapters/peer/peer-pool.ts';
import { type Address, parseAddress } from './core/address/address.ts';
import { defaultHolderWaitMs } from './core/download/holder-rounds.ts';
import { type HolderToTry, orderHolders } from './core/download/order-holders.ts';
import { lastPart } from './core/download/resolve-file.ts';
import { checkRate, windowFor } from './core/download/window.ts';
import type { ClientTls } from './core/model/client-tls.ts';
import type { DownloadResult, GetAllOptions, GetOptions, GetOutcome } from './core/model/download.ts';
import { mayBeHere, minCopiedBytes } from './core/model/local-copies.ts';
import type { Hit } from './core/model/search.ts';
import { TokenBucket } from './core/rate/token-bucket.ts';
import type { DownloadFileInit } from './download-file.ts';
import { CardumeError } from './errors/cardume-error.ts';
import { findAtIndex, findAtPeer, holdersNow } from './find-file.ts';
import { getSmallFile } from './get-small-file.ts';
import { downloadFile } from './load-when-used.ts';

/** Where an index listens unless it is told otherwise. */
export const defaultIndexPort = 50_051;

// While another size is said of a content, holders of this one are not waited for long.
const maxWaitBeforeOtherSizeMs = 2_000;

/** Options of {@link connect}. */
export interface ConnectOptions {
  /** The index: `HOST:PORT`, or `HOST` with the usual port. Default: `127.0.0.1:50051`. */
  index?: Address | string;
  /** Connect to peers with TLS 1.3. Default: plaintext. */
  tls?: ClientTls;
}

/** A network of peers, seen through its index. It throws only CardumeErrors. */
export interface Cardume {
  /** The index itself: search, peers, totals. */
  readonly index: IndexClient;
  /**
   * Finds the one file or folder that a name or a digest (or 8 or more of its hex digits) means, with its live holders.
   *
   * @throws CardumeError FILE_NOT_SHARED; AMBIGUOUS when several contents have that name, or a file and a folder, and says which
   */
  find(nameOrDigest: string, options?: CallOptions): Promise<Hit>;
  /**
   * Downloads a file, verified: see {@link downloadFile} for what it promises. Or a folder, which is made below the one that it
   * is put in: what is there already is not fetched again, and when something has other content, or must not be written,
   * nothing is. A name is a folder's when no file has it, or with a `/` at its end.
   *
   * @throws CardumeError what `find` and `downloadFile` throw; FOLDER_REFUSED
   */
  get(nameOrDigest: string, options?: GetOptions): Promise<DownloadResult>;
  /**
   * Downloads several files into one folder: small ones many at once, larger ones one after the other. A file that fails does
   * not stop the rest, and is not thrown: its outcome says why. Outcomes come in the order in which the files are done.
   */
  getAll(namesOrDigests: Iterable<string>, options?: GetAllOptions): AsyncGenerator<GetOutcome, void, undefined>;
  /** Closes the connections, to the index and to peers. */
  close(): void;
}

/** Connects to a network through its index. Nothing is sent before the first call. */
export function connect(options: ConnectOptions = {}): Cardume {
  const { index: given = { host: '127.0.0.1', port: defaultIndexPort }, tls } = options;
  const index = openIndex(typeof given === 'string' ? parseAddress(given, 'index', defaultIndexPort) : given);

  const find = (nameOrDigest: string, { from, signal }: GetOptions, peers: PeerPool): Promise<[Hit, ...Hit[]]> => {
    const callOptions = signal === undefined ? {} : { signal };
    if (from === undefined) return findAtIndex(index, nameOrDigest, callOptions);
    return peers.use(from, (peer) => findAtPeer(peer, nameOrDigest, callOptions));
  };
  const downloadFolder = async (
    variants: readonly [Hit, ...Hit[]],
    getOptions: GetOptions,
    shared: SharedByDownloads,
  ): Promise<DownloadResult> => {
    // Loaded when there is one, as below.
    const { getFolder } = await import('./get-folder.ts');
    const { findManyAtIndex } = await import('./find-many-at-index.ts');
    const { from, signal, maxBytesPerSecond } = getOptions;
    const callOptions = signal === undefined ? {} : { signal };
    const own = maxBytesPerSecond === undefined ? undefined : new TokenBucket(maxBytesPerSecond, performance.now());
    const limited = { ...shared, limit: shared.limit ?? own };
    return getFolder(variants, getOptions, {
      ...limited,
      async find(digests) {
        if (from !== undefined) return [];
        const found = await findManyAtIndex(index, digests, callOptions);
        return digests.map((digest) => found.get(digest));
      },
      download: (hit, fileOptions) => download([hit], fileOptions, limited),
    });
  };
  const download = (
    variants: readonly [Hit, ...Hit[]],
    getOptions: GetOptions,
    shared: SharedByDownloads,
  ): Promise<DownloadResult> => {
    const { from, signal } = getOptions;
    if (variants[0].folder !== undefined) return downloadFolder(variants, getOptions, shared);
    const callOptions = signal === undefined ? {} : { signal };
    return downloadFirst(variants, (hit, isLast) => {
      const holders = from === undefined ? holdersOf(index, hit, callOptions) : async () => orderHolders(hit.holders);
      const onLiar = ({ peerId }: HolderToTry, piece: number): void => {
        // Whether the index takes it is of no weight here.
        if (from === undefined) index.report({ peerId, digest: hit.digest, piece }).catch(() => undefined);
      };
      const { holderWaitMs = defaultHolderWaitMs } = getOptions;
      const waitMs = isLast ? holderWaitMs : Math.min(holderWaitMs, maxWaitBeforeOtherSizeMs);
      return downloadHit(hit, holders, { ...getOptions, holderWaitMs: waitMs }, { ...shared, onLiar });
    });
  };
  const withPeers = async function* <Item>(
    { maxBytesPerSecond }: GetOptions,
    action: (shared: SharedByDownloads) => AsyncGenerator<Item, void, undefined>,
  ): AsyncGenerator<Item, void, undefined> {
    checkRate(maxBytesPerSecond);
    const peers = new PeerPool({ windowBytes: windowFor(maxBytesPerSecond), tls });
    const limit = maxBytesPerSecond === undefined ? undefined : new TokenBucket(maxBytesPerSecond, performance.now());
    try {
      yield* action({ peers, limit });
    } finally {
      peers.close();
    }
  };

  const getAll: Cardume['getAll'] = (namesOrDigests, getOptions = {}) =>
    withPeers(getOptions, async function* (shared) {
      // Loaded when it is used: most processes get one file, and as soon as they can.
      const { findMany, getAll: getEach } = await import('./get-all.ts');
      const { from, signal } = getOptions;
      yield* getEach(namesOrDigests, getOptions, {
        ...shared,
        find: (names) => findMany(names, { index, peers: shared.peers, from, signal }),
        download: (variants) => download(variants, getOptions, shared),
      });
    });

  return {
    index,
    async find(nameOrDigest, callOptions = {}) {
      const [likeliest] = await findAtIndex(index, nameOrDigest, callOptions);
      return likeliest;
    },
    async get(nameOrDigest, getOptions = {}) {
      const peers = new PeerPool({ windowBytes: windowFor(getOptions.maxBytesPerSecond), tls });
      try {
        const found = await find(nameOrDigest, getOptions, peers);
        const { copies } = getOptions;
        const [{ folder, sizeBytes }] = found;
        // Where this machine may have it, the long way knows how to copy.
        const isHere = folder === undefined && (await mayBeHere(copies, found[0]));
        const small = isHere ? undefined : await getSmallFile(found, getOptions, peers);
        if (small !== undefined && copies !== undefined && sizeBytes >= minCopiedBytes) {
          const { noteFinished } = await import('./note-copies.ts');
          await noteFinished(copies, [small]);
        }
        return small ?? (await download(found, getOptions, { peers, limit: undefined }));
      } finally {
        peers.close();
      }
    },
    getAll,
    close: () => index.close(),
  };
}

/** What the downloads of one command share. */
interface SharedByDownloads {
  limit: TokenBucket | undefined;
  peers: PeerPool;
}

function downloadHit(
  { digest, sizeBytes, name: foundName }: Hit,
  holders: () => Promise<readonly HolderToTry[]>,
  { folder = '.', name = lastPart(foundName), ...options }: GetOptions,
  shared: SharedByDownloads & Pick<DownloadFileInit, 'onLiar'>,
): Promise<DownloadResult> {
  const { overwrite, maxBytesPerSecond, holderWaitMs, blocksThread, sharer, copies, onProgress, signal } = options;
  const sharedName = foundName;
  const how = {
    overwrite,
    maxBytesPerSecond,
    holderWaitMs,
    blocksThread,
    sharer,
    copies,
    sharedName,
    onProgress,
    signal,
  };
  return downloadFile({ digest, sizeBytes, folder, name, holders, ...how, ...shared });
}

/**
 * Downloads the first of several hits that can be: when nobody could give a file of the size that is said, and other
 * sizes are said of the same content, one of those is right.
 */
async function downloadFirst(
  [first, ...others]: readonly [Hit, ...Hit[]],
  download: (hit: Hit, isLast: boolean) => Promise<DownloadResult>,
): Promise<DownloadResult> {
  try {
    return await download(first, others.length === 0);
  } catch (error) {
    const [next, ...rest] = others;
    if (next === undefined || !isUnobtainable(error)) throw error;
    return downloadFirst([next, ...rest], download);
  }
}

/** The holders for each round of a download: first those that the search has just named, then whoever there is. */
function holdersOf(index: IndexClient, hit: Hit, options: CallOptions): () => Promise<HolderToTry[]> {
  let isFirstRound = true;
  return async () => {
    const holders = isFirstRound ? hit.holders : await holdersNow(index, hit, options);
    isFirstRound = false;
    return orderHolders(holders);
  };
}

function isUnobtainable(error: unknown): boolean {
  return CardumeError.is(error) && (error.reason === 'NO_HOLDER_LEFT' || error.reason === 'BYTES_MISMATCH');
}
