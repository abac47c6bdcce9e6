import { type CallOptions, type IndexClient, openIndex } from './adapters/index/open-index.ts';
import { type Address, parseAddress } from './core/address/address.ts';
import { type HolderToTry, orderHolders } from './core/download/order-holders.ts';
import { lastPart } from './core/download/resolve-file.ts';
import type { DownloadResult, GetOptions } from './core/model/download.ts';
import type { Hit } from './core/model/search.ts';
import { downloadFile } from './download-file.ts';
import { CardumeError } from './errors/cardume-error.ts';
import { findAtIndex, findAtPeer, holdersNow } from './find-file.ts';

/** Where an index listens unless it is told otherwise. */
export const defaultIndexPort = 50_051;

/** Options of {@link connect}. */
export interface ConnectOptions {
  /** The index: `HOST:PORT`, or `HOST` with the usual port. Default: `127.0.0.1:50051`. */
  index?: Address | string;
}

/** A network of peers, seen through its index. It throws only CardumeErrors. */
export interface Cardume {
  /** The index itself: search, peers, totals. */
  readonly index: IndexClient;
  /**
   * Finds the one file that a name or a digest (or 8 or more of its hex digits) means, with its live holders.
   *
   * @throws CardumeError FILE_NOT_SHARED; AMBIGUOUS when several contents have that name, and says which
   */
  find(nameOrDigest: string, options?: CallOptions): Promise<Hit>;
  /**
   * Downloads a file, verified: see {@link downloadFile} for what it promises.
   *
   * @throws CardumeError what `find` and `downloadFile` throw
   */
  get(nameOrDigest: string, options?: GetOptions): Promise<DownloadResult>;
  /** Closes the connection to the index. */
  close(): void;
}

/** Connects to a network through its index. Nothing is sent before the first call. */
export function connect(options: ConnectOptions = {}): Cardume {
  const { index: given = { host: '127.0.0.1', port: defaultIndexPort } } = options;
  const index = openIndex(typeof given === 'string' ? parseAddress(given, 'index', defaultIndexPort) : given);
  return {
    index,
    async find(nameOrDigest, callOptions = {}) {
      const [likeliest] = await findAtIndex(index, nameOrDigest, callOptions);
      return likeliest;
    },
    async get(nameOrDigest, getOptions = {}) {
      const { from, signal } = getOptions;
      const callOptions = signal === undefined ? {} : { signal };
      if (from !== undefined) {
        const [hit] = await findAtPeer(from, nameOrDigest, callOptions);
        return downloadHit(hit, async () => orderHolders(hit.holders), getOptions);
      }
      const variants = await findAtIndex(index, nameOrDigest, callOptions);
      return downloadFirst(variants, (hit) => downloadHit(hit, holdersOf(index, hit, callOptions), getOptions));
    },
    close: () => index.close(),
  };
}

function downloadHit(
  { digest, sizeBytes, name: foundName }: Hit,
  holders: () => Promise<readonly HolderToTry[]>,
  options: GetOptions,
): Promise<DownloadResult> {
  const { folder = '.', name = lastPart(foundName), overwrite, maxBytesPerSecond, onProgress, signal } = options;
  return downloadFile({ digest, sizeBytes, folder, name, holders, overwrite, maxBytesPerSecond, onProgress, signal });
}

/**
 * Downloads the first of several hits that can be: when nobody could give a file of the size that is said, and other
 * sizes are said of the same content, one of those is right.
 */
async function downloadFirst(
  [first, ...others]: [Hit, ...Hit[]],
  download: (hit: Hit) => Promise<DownloadResult>,
): Promise<DownloadResult> {
  try {
    return await download(first);
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
