import { type CallOptions, type IndexClient, openIndex } from './adapters/index/open-index.ts';
import { openPeer } from './adapters/peer/open-peer.ts';
import { type Address, formatAddress, parseAddress } from './core/address/address.ts';
import { isDigest, isDigestPrefix } from './core/digest/digest-text.ts';
import { type HolderToTry, orderHolders } from './core/download/order-holders.ts';
import { lastPart, resolveFile } from './core/download/resolve-file.ts';
import type { DownloadResult, GetOptions } from './core/model/download.ts';
import type { Hit, Holder, MatchMode } from './core/model/search.ts';
import { downloadFile } from './download-file.ts';
import { CardumeError } from './errors/cardume-error.ts';

/** Where an index listens unless it is told otherwise. */
export const defaultIndexPort = 50_051;

/** How many hits of one name are looked at to decide which file is meant. */
const maxHitsToResolve = 500;

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
  const find: Cardume['find'] = (nameOrDigest, callOptions = {}) => findAtIndex(index, nameOrDigest, callOptions);
  return {
    index,
    find,
    async get(nameOrDigest, getOptions = {}) {
      const { from, folder = '.', name, overwrite, onProgress, signal } = getOptions;
      const callOptions = signal === undefined ? {} : { signal };
      const hit =
        from === undefined ? await find(nameOrDigest, callOptions) : await findAtPeer(from, nameOrDigest, callOptions);
      let known: readonly Holder[] = hit.holders;
      let isFirstRound = true;
      const holders = async (): Promise<HolderToTry[]> => {
        // The first round uses what the search has just said.
        if (!isFirstRound && from === undefined) known = await holdersNow(index, hit.digest, known, callOptions);
        isFirstRound = false;
        return orderHolders(known);
      };
      const { digest, sizeBytes } = hit;
      return downloadFile({
        digest,
        sizeBytes,
        folder,
        name: name ?? lastPart(hit.name),
        holders,
        overwrite,
        onProgress,
        signal,
      });
    },
    close: () => index.close(),
  };
}

async function findAtIndex(index: IndexClient, nameOrDigest: string, options: CallOptions): Promise<Hit> {
  const modes: MatchMode[] = isDigest(nameOrDigest.toLowerCase()) ? ['digest', 'exact'] : ['exact'];
  if (modes.length === 1 && isDigestPrefix(nameOrDigest)) modes.push('digest');
  for (const mode of modes) {
    const query = mode === 'exact' ? nameOrDigest.normalize('NFC') : nameOrDigest.toLowerCase();
    const { hits } = await index.search({ query, mode, pageSize: maxHitsToResolve }, options);
    if (hits.length > 0) return merged(resolveFile(nameOrDigest, hits));
  }
  // Nothing was found: this throws the one error that says so.
  return merged(resolveFile<Hit>(nameOrDigest, []));
}

/** The holders of one content under all its names, as the index knows them now. */
async function holdersNow(
  index: IndexClient,
  digest: string,
  known: readonly Holder[],
  options: CallOptions,
): Promise<readonly Holder[]> {
  try {
    const { hits } = await index.search({ query: digest, mode: 'digest', pageSize: maxHitsToResolve }, options);
    return hits.filter((hit) => hit.digest === digest).flatMap(({ holders }) => holders);
  } catch (error) {
    // An index that is away is no reason to end: the holders of before go on.
    if (CardumeError.is(error) && (error.code === 'UNAVAILABLE' || error.code === 'DEADLINE_EXCEEDED')) return known;
    throw error;
  }
}

async function findAtPeer(address: Address, nameOrDigest: string, options: CallOptions): Promise<Hit> {
  const peer = openPeer(address);
  try {
    const { peerId } = await peer.listFilesPage(1, undefined, options);
    const holder: Holder = { peerId, ...address, renewalAgeMs: 0, partial: false, reachable: true };
    const matching: Hit[] = [];
    const name = nameOrDigest.normalize('NFC');
    const prefix = isDigestPrefix(nameOrDigest) ? nameOrDigest.toLowerCase() : undefined;
    for await (const file of peer.listFiles(options)) {
      const isMeant =
        file.name === name || lastPart(file.name) === name || (prefix !== undefined && file.digest.startsWith(prefix));
      if (isMeant && matching.length < maxHitsToResolve) matching.push({ ...file, holders: [holder], holderCount: 1 });
    }
    if (matching.length === 0) {
      throw new CardumeError('FILE_NOT_SHARED', `peer ${formatAddress(address)} does not share "${nameOrDigest}"`);
    }
    return merged(resolveFile(nameOrDigest, matching));
  } finally {
    peer.close();
  }
}

/** One hit of several that are the same content under different names: the best name, and all holders. */
function merged([first, ...others]: [Hit, ...Hit[]]): Hit {
  const holders = [first, ...others].flatMap((hit) => hit.holders);
  const distinct = new Map(holders.map((holder) => [holder.peerId, holder]));
  return { ...first, holders: [...distinct.values()], holderCount: Math.max(first.holderCount, distinct.size) };
}
