import type { Duplex } from 'node:stream';
import { type CallOptions, type IndexClient, openIndex } from './adapters/index/open-index.ts';
import { PeerPool } from './adapters/peer/peer-pool.ts';
import type { Address } from './core/address/address.ts';
import { type Addresses, parseAddresses } from './core/address/parse-addresses.ts';
import { defaultHolderWaitMs, isUnobtainable } from './core/download/holder-patience.ts';
import { type HolderToTry, orderHolders } from './core/download/order-holders.ts';
import { windowFor } from './core/download/window.ts';
import type { ClientTls, TlsOfPeer } from './core/model/client-tls.ts';
import type { DownloadResult, GetAllOptions, GetOptions, GetOutcome, ReadOptions } from './core/model/download.ts';
import { mayBeHere, minCopiedBytes } from './core/model/local-copies.ts';
import type { Hit } from './core/model/search.ts';
import { lastPart } from './core/names/last-part.ts';
import type { ReceiveLimit } from './core/rate/receive-limit.ts';
import type { DownloadFileInit } from './download-file.ts';
import { CardumeError } from './errors/cardume-error.ts';
import { findAtIndex, findAtPeer, holdersNow } from './find-file.ts';
import { getSmallFile } from './get-small-file.ts';
import { checkReceiveLimits, highestRateOfSource, limitReceiving } from './limit-receiving.ts';
import { downloadFile } from './load-when-used.ts';
import { openPathsWhenUsed } from './open-paths.ts';
import type { ReadFileInit } from './read-file.ts';

/** Where an index listens unless it is told otherwise. */
export const defaultIndexPort = 50_051;

// While another size is said of a content, holders of this one are not waited for long.
const maxWaitBeforeOtherSizeMs = 2_000;

/** Options of {@link connect}. */
export interface ConnectOptions {
  /**
   * The index: `HOST:PORT`, or `HOST` with the usual port; or several replicas of it, the preferred one first, with commas
   * between: see {@link openIndex}. Default: `127.0.0.1:50051`.
   */
  index?: Address | Addresses | string;
  /** The network whose index that is: connects to index and peers with its certificates. Default: plaintext. */
  network?: NetworkTls;
  /**
   * Has a peer that nobody can dial connect to this machine, so that its bytes pass no relay: `callBack` of a running peer, which the
   * index reached. It may reject. Default: none does.
   */
  callBack?: (peerId: string) => Promise<Duplex>;
  /** Connect to peers with TLS 1.3, outside of a network. Default: plaintext. */
  tls?: ClientTls;
}

/** How to connect within a network: what `openNetwork` of `@cardume/client/trust` gives. */
export interface NetworkTls {
  tlsOfIndex(): ClientTls;
  tlsOfPeer: TlsOfPeer;
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
  /**
   * The bytes of a file in order, each piece as soon as it is verified and none before, from all its holders at once. It begins
   * when the first bytes are asked for. What comes lies in a file without a name in the folder for temporary ones (`TMPDIR`),
   * of 64 MiB, or eight pieces where those are larger; who reads slowly is waited for, and nothing is fetched then. Nothing
   * stays: what was stopped is read again from the beginning. To break out of the loop, or `return()`, ends it, and frees all
   * that it took.
   *
   * @example
   * ```ts
   * await pipeline(cardume.read('backup.tar'), createGunzip(), process.stdout);
   * ```
   *
   * @returns buffers of up to 1 MiB, which are the caller's own; at the end of the file it ends, and it throws when it cannot
   *   get there
   * @throws CardumeError what `find` throws; INVALID_FIELD when a folder is meant; DISK_FULL, LOCAL_IO_FAILED, NO_HOLDER_LEFT,
   *   CANCELLED
   */
  read(nameOrDigest: string, options?: ReadOptions): AsyncGenerator<Uint8Array, void, undefined>;
  /** Closes the connections, to the index and to peers. */
  close(): void;
}

/** Connects to a network through its index. Nothing is sent before the first call. */
export function connect(options: ConnectOptions = {}): Cardume {
  const { index: given = { host: '127.0.0.1', port: defaultIndexPort }, network } = options;
  const addresses = typeof given === 'string' ? parseAddresses(given, 'index', defaultIndexPort) : given;
  const index = openIndex(addresses, { tls: network === undefined ? undefined : () => network.tlsOfIndex() });
  const tls = network === undefined ? options.tls : (peerId: string | undefined) => network.tlsOfPeer(peerId);
  const paths = openPathsWhenUsed({
    index,
    addresses: [addresses].flat(),
    network,
    tls,
    callBack: options.callBack,
  });

  const find = (nameOrDigest: string, { from, signal }: GetOptions, peers: PeerPool): Promise<[Hit, ...Hit[]]> => {
    const callOptions = signal === undefined ? {} : { signal };
    if (from === undefined) return findAtIndex(index, nameOrDigest, callOptions);
    return peers.use(from, (peer) => findAtPeer(peer, nameOrDigest, callOptions));
  };
  /** The holders for each round: first those that the search has just named, then whoever there is. */
  const roundsOf = (
    hit: Hit,
    { from, signal }: Pick<GetOptions, 'from' | 'signal'>,
  ): (() => Promise<HolderToTry[]>) => {
    const callOptions = signal === undefined ? {} : { signal };
    let isNamed = true;
    return async () => {
      const holders = isNamed || from !== undefined ? hit.holders : await holdersNow(index, hit, callOptions);
      isNamed = false;
      return orderHolders(holders);
    };
  };
  /** Tells the index who served wrong bytes; whether it takes that is of no weight here. */
  const report = ({ from }: Pick<GetOptions, 'from'>, peerId: string, digest: string, piece: number): void => {
    if (from === undefined) index.report({ peerId, digest, piece }).catch(() => undefined);
  };
  /** Whom to ask for a file, for how long there may be nobody, and what to do about a liar. */
  const asking = (
    hit: Hit,
    isLast: boolean,
    options: Pick<GetOptions, 'from' | 'signal' | 'holderWaitMs'>,
  ): Pick<ReadFileInit, 'holders' | 'onLiar'> & { holderWaitMs: number } => {
    const { holderWaitMs = defaultHolderWaitMs } = options;
    return {
      holders: roundsOf(hit, options),
      holderWaitMs: isLast ? holderWaitMs : Math.min(holderWaitMs, maxWaitBeforeOtherSizeMs),
      onLiar: ({ peerId }, piece) => report(options, peerId, hit.digest, piece),
    };
  };
  const downloadFolder = async (
    variants: readonly [Hit, ...Hit[]],
    getOptions: GetOptions,
    shared: SharedByDownloads,
  ): Promise<DownloadResult> => {
    // Loaded when there is one, as below.
    const { getFolder } = await import('./get-folder.ts');
    const { findManyAtIndex } = await import('./find-many-at-index.ts');
    const { from, signal } = getOptions;
    const callOptions = signal === undefined ? {} : { signal };
    const rounds = new Map(variants.map((variant) => [variant, roundsOf(variant, getOptions)]));
    const limited = { ...shared, limit: shared.limit ?? limitReceiving(getOptions) };
    return getFolder(variants, getOptions, {
      ...limited,
      holders: (variant) => rounds.get(variant)?.() ?? Promise.resolve([]),
      onLiar: ({ peerId }) => report(getOptions, peerId, variants[0].digest, 0),
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
    if (variants[0].folder !== undefined) return downloadFolder(variants, getOptions, shared);
    return downloadFirst(variants, (hit, isLast) => {
      const { holders, onLiar, holderWaitMs } = asking(hit, isLast, getOptions);
      const { sharer, ...how } = getOptions;
      // Whether it is for some users only, the index says; a single peer does not.
      const isForAll = getOptions.from === undefined && !hit.holders.some(({ restricted }) => restricted);
      const options = { ...how, holderWaitMs, ...(isForAll && sharer !== undefined ? { sharer } : {}) };
      return downloadHit(hit, holders, options, { ...shared, onLiar });
    });
  };
  const readBytes = async function* (
    nameOrDigest: string,
    options: ReadOptions,
    signal: AbortSignal,
  ): AsyncGenerator<Uint8Array, void, undefined> {
    const { from } = options;
    checkReceiveLimits(options);
    // Loaded when it is used, as above.
    const { readFile, readFirst } = await import('./read-file.ts');
    const peers = new PeerPool({ windowBytes: windowFor(highestRateOfSource(options)), tls, paths });
    try {
      const variants = await find(nameOrDigest, { from, signal }, peers);
      yield* readFirst(variants, (hit, isLast) => {
        const { digest, sizeBytes } = hit;
        const how = { ...options, ...asking(hit, isLast, { ...options, signal }), signal, peers };
        return readFile({ digest, sizeBytes, name: lastPart(hit.name), ...how });
      });
    } finally {
      peers.close();
    }
  };
  const withPeers = async function* <Item>(
    options: GetOptions,
    action: (shared: SharedByDownloads) => AsyncGenerator<Item, void, undefined>,
  ): AsyncGenerator<Item, void, undefined> {
    checkReceiveLimits(options);
    const peers = new PeerPool({ windowBytes: windowFor(highestRateOfSource(options)), tls, paths });
    try {
      yield* action({ peers, limit: limitReceiving(options) });
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
      checkReceiveLimits(getOptions);
      const peers = new PeerPool({ windowBytes: windowFor(highestRateOfSource(getOptions)), tls, paths });
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
    read(nameOrDigest, options = {}) {
      const { signal } = options;
      const stop = new AbortController();
      const both = signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]);
      const bytes = readBytes(nameOrDigest, options, both);
      const end = bytes.return.bind(bytes);
      // By itself it would end only with the bytes that it waits for.
      return Object.assign(bytes, {
        return: (): ReturnType<typeof end> => {
          stop.abort();
          return end();
        },
      });
    },
    close() {
      paths.close();
      index.close();
    },
  };
}

/** What the downloads of one command share. */
interface SharedByDownloads {
  limit: ReceiveLimit | undefined;
  peers: PeerPool;
}

function downloadHit(
  { digest, sizeBytes, name: foundName }: Hit,
  holders: () => Promise<readonly HolderToTry[]>,
  { folder = '.', name = lastPart(foundName), ...options }: GetOptions,
  shared: SharedByDownloads & Pick<DownloadFileInit, 'onLiar'>,
): Promise<DownloadResult> {
  const { overwrite, maxBytesPerSecond, maxBytesPerSecondEach, holderWaitMs, ...others } = options;
  const { blocksThread, sharer, copies, onProgress, signal } = others;
  const sharedName = foundName;
  const how = {
    overwrite,
    maxBytesPerSecond,
    maxBytesPerSecondEach,
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
    if (next === undefined || !CardumeError.is(error) || !isUnobtainable(error.reason)) throw error;
    return downloadFirst([next, ...rest], download);
  }
}
