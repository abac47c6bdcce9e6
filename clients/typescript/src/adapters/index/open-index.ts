import { IndexServiceDefinition } from '@cardume/proto/index/v1';
import { type Address, isHost } from '../../core/address/address.ts';
import { type Addresses, checkAddresses } from '../../core/address/parse-addresses.ts';
import type { ClientTls } from '../../core/model/client-tls.ts';
import type { WatchMessage, WatchQuery } from '../../core/model/index-change.ts';
import type { JoinInput, Lease, ListChange, PublishResult, Renewal } from '../../core/model/lease.ts';
import type { HolderReport, IndexStats, PeerInfo } from '../../core/model/network.ts';
import type { AskBack, RelayList } from '../../core/model/relay.ts';
import type { Hit, SearchPage, SearchQuery } from '../../core/model/search.ts';
import { followPages } from '../../core/paging/follow-pages.ts';
import { msFromDuration } from '../../core/time/duration.ts';
import { CardumeError } from '../../errors/cardume-error.ts';
import { withStallTimeout } from '../grpc/with-stall-timeout.ts';
import {
  fileEntryOf,
  hitsOf,
  peerInfoOf,
  revokedOf,
  suggestionsOf,
  watchMessageOf,
  wireMatchMode,
} from './index-messages.ts';
import { publishChanges } from './publish-changes.ts';
import { openReplica } from './replica.ts';
import { Replicas } from './replicas.ts';
import { replicatedService } from './replicated-service.ts';

/** How many entries of a list one message to the index may carry. */
export const maxEntriesPerMessage = 10_000;

/** How many names and digests one message to the index may ask for. */
export const maxQueriesPerLookup = 1_000;

/** How long the index may take for one message of a publish, in milliseconds. */
const publishStallMs = 30_000;

/** The same where there are others: a peer that waits longer for one that is silent has no lease left for the next one. */
const publishStallAmongSeveralMs = 10_000;

/** For how long an index that is watched may say nothing, in milliseconds; it says something every 15 s. */
const watchStallMs = 60_000;

/** Options of a single call. */
export interface CallOptions {
  /** Ends the call with CANCELLED. Unary calls have a deadline of 10 s besides, and streams end when they stall. */
  signal?: AbortSignal;
}

/** Options of a search for many files. */
export interface LookupOptions extends CallOptions {
  /** Whether folders are found, too. Default: false. */
  folders?: boolean;
}

/** Which lease a call is about. */
export type LeaseKey = Pick<Lease, 'peerId' | 'leaseSecret'>;

/**
 * An index. Each method is one RPC (or its pages) and throws only CardumeErrors: UNREACHABLE or TIMED_OUT when the
 * index is not there, otherwise what the contract says for the RPC.
 */
export interface IndexClient {
  /** `HOST:PORT`; of several replicas, with commas between. */
  readonly target: string;
  /** Each `HOST:PORT` of it. */
  readonly targets: readonly string[];
  /** `HOST:PORT` of the one that is in use: the one that answered last, or, when that has failed since, the next one. */
  readonly inUse: string;
  /** One page of hits, best first. */
  search(query: SearchQuery, options?: CallOptions): Promise<SearchPage>;
  /** All hits, best first, page by page as they are consumed. */
  searchAll(query: SearchQuery, options?: CallOptions): AsyncGenerator<Hit, void, undefined>;
  /**
   * The hits of each of many names and digests, at most 100 of each, in the order of the queries: see `Lookup` in the
   * contract for what a query finds. Where an answer ends early, the rest is asked for once it has been consumed.
   *
   * @param queries at most `maxQueriesPerLookup` of 1 to 512 bytes
   * @throws CardumeError METHOD_UNKNOWN when the index is too old; INVALID_FIELD when a query cannot be one
   */
  lookup(queries: readonly string[], options?: LookupOptions): AsyncGenerator<Hit[], void, undefined>;
  /**
   * Reports a peer that served wrong bytes. It is named last among the holders of every file from then on, for an hour.
   *
   * @returns how many callers report it now
   * @throws CardumeError LEASE_UNKNOWN when it is no live peer; LIMIT_REACHED; METHOD_UNKNOWN when the index is too old
   */
  report(report: HolderReport, options?: CallOptions): Promise<number>;
  /** All live peers, in the order of their ids. */
  listPeers(options?: CallOptions): AsyncGenerator<PeerInfo, void, undefined>;
  /**
   * Those of some peers that are live.
   *
   * @param peerIds at most 100
   */
  findPeers(peerIds: readonly string[], options?: CallOptions): Promise<PeerInfo[]>;
  stats(options?: CallOptions): Promise<IndexStats>;
  /**
   * The relays by which peers are reached that nobody can dial.
   *
   * @throws CardumeError METHOD_UNKNOWN when the index is too old
   */
  relays(options?: CallOptions): Promise<RelayList>;
  /**
   * Asks a peer that nobody can dial to connect to the calling one, which the index can.
   *
   * @throws CardumeError PEER_NOT_LISTENING; NOT_ALLOWED when the index cannot; METHOD_UNKNOWN
   */
  askBack(request: AskBack, options?: CallOptions): Promise<void>;
  /**
   * Tells of what changes, in order, until the caller has enough or the index ends. The first message comes at once: what is
   * searched for after it misses no change. It does not go on by itself after an error; its last token does.
   *
   * @throws CardumeError CHANGES_GONE when the index has no more what comes after the token, or the caller is too slow: begin
   * anew; LIMIT_REACHED; METHOD_UNKNOWN when the index is too old; TIMED_OUT when it says nothing for a minute
   */
  watch(query?: WatchQuery, options?: CallOptions): AsyncGenerator<WatchMessage, void, undefined>;
  join(input: JoinInput, options?: CallOptions): Promise<Lease>;
  /**
   * Sends changes of a list of any size: each one is applied whole before the next is sent for. Up to 10,000 entries are sent again
   * to another replica where one fails; what the first one had taken is not counted as removed then.
   */
  publish(
    lease: LeaseKey,
    changes: Iterable<ListChange> | AsyncIterable<ListChange>,
    options?: CallOptions,
  ): Promise<PublishResult>;
  renew(lease: LeaseKey, options?: CallOptions): Promise<Renewal>;
  leave(lease: LeaseKey, options?: CallOptions): Promise<void>;
  /** Closes the connection. */
  close(): void;
}

/** Options of {@link openIndex}. */
export interface IndexOptions {
  /** Connect with TLS 1.3, as it says when it connects. Default: plaintext. */
  tls?: (() => ClientTls) | undefined;
}

/**
 * Opens an index. It connects on the first call, and by itself again when the connection was lost.
 *
 * With several addresses, one that is away, stopping, without its database, or silent for 3 s is left for the next one in the
 * middle of a call, which is asked again there, within its 10 s; a watch goes on there by its token. Only a `publish` of more than
 * 10,000 entries is not sent again: it throws, and the next call asks the next address. The next one stays in use until it fails;
 * once a minute one call tries one of those before it. A call that an index refuses with LIMIT_REACHED and a delay is asked again
 * after that, within its 10 s, but for `publish` and `watch`. When none can answer, the error has the reason of the last one and
 * names each of them.
 *
 * @param address one, or 2 to 16 of one index: replicas on one database, or where it may be; the preferred one first
 * @throws CardumeError INVALID_FIELD when there is none, or one is there twice, or there are more than 16
 */
export function openIndex(address: Address | Addresses, { tls }: IndexOptions = {}): IndexClient {
  const addresses = 'host' in address ? [address] : checkAddresses(address, 'index');
  const replicas = addresses.map((one) => openReplica(one, tls));
  const index = new Replicas(replicas);
  const service = replicatedService(IndexServiceDefinition, index);
  const targets = replicas.map(({ target }) => target);
  const target = targets.join(',');
  const who = `index ${target}`;

  const search: IndexClient['search'] = async (query, options = {}) => {
    const response = await service.search(
      {
        query: query.query,
        matchMode: wireMatchMode[query.mode ?? 'keywords'],
        extension: query.extension ?? '',
        minSizeBytes: query.minSizeBytes ?? 0,
        maxSizeBytes: query.maxSizeBytes ?? 0,
        pageSize: query.pageSize ?? 0,
        pageToken: query.pageToken ?? '',
        includeFolders: query.folders ?? false,
      },
      options,
    );
    return {
      hits: hitsOf(response.hits),
      nextPageToken: response.nextPageToken === '' ? undefined : response.nextPageToken,
      truncated: response.truncated,
      suggestions: suggestionsOf(response.suggestions),
    };
  };

  return {
    target,
    targets,
    get inUse() {
      return index.inUse.target;
    },
    search,
    searchAll: (query, options) =>
      followPages(who, async (pageToken = query.pageToken) => {
        const page = await search({ ...query, ...(pageToken === undefined ? {} : { pageToken }) }, options);
        return { items: page.hits, nextPageToken: page.nextPageToken };
      }),
    async *lookup(queries, { folders: includeFolders = false, ...options } = {}) {
      for (let rest = queries; rest.length > 0; ) {
        const { results } = await service.lookup({ queries: [...rest], includeFolders }, options);
        // The index may be hostile: without an answer to any query this would never end.
        if (results.length === 0 || results.length > rest.length) {
          throw new CardumeError(
            'LIMIT_REACHED',
            `${who} answers ${results.length} of ${rest.length} queries; ask another one`,
          );
        }
        for (const { hits } of results) yield hitsOf(hits);
        rest = rest.slice(results.length);
      }
    },
    async report({ peerId, digest, piece }, options = {}) {
      const { reportCount } = await service.reportHolder({ peerId, digest, piece }, options);
      return reportCount;
    },
    listPeers: (options = {}) =>
      followPages(who, async (pageToken = '') => {
        const page = await service.listPeers({ pageSize: 500, pageToken }, options);
        const nextPageToken = page.nextPageToken === '' ? undefined : page.nextPageToken;
        return { items: page.peers.map(peerInfoOf), nextPageToken };
      }),
    async findPeers(peerIds, options = {}) {
      if (peerIds.length === 0) return [];
      const { peers } = await service.listPeers({ peerIds: [...peerIds] }, options);
      // An index that does not know the field gives a page of all peers.
      return peers.map(peerInfoOf).filter(({ peerId }) => peerIds.includes(peerId));
    },
    async stats(options = {}) {
      const { leaseTtl, ...rest } = await service.getStats({}, options);
      return { ...rest, leaseTtlMs: msFromDuration(leaseTtl) };
    },
    askBack: (request, options = {}) =>
      index.ask((replica, deadlineMs) => replica.askBack(request, { ...options, deadlineMs })),
    relays: (options = {}) => index.ask((replica, deadlineMs) => replica.relays({ ...options, deadlineMs })),
    async *watch({ resumeToken = '', query = '', folders = false } = {}, { signal } = {}) {
      let token = resumeToken;
      const messages = index.follow((replica, firstMs) => {
        const request = { resumeToken: token, query, includeFolders: folders };
        const begin = (options: { signal: AbortSignal }) => replica.service.watch(request, options);
        return withStallTimeout(begin, { timeoutMs: watchStallMs, firstMs, signal });
      });
      for await (const message of messages) {
        token = message.resumeToken;
        yield watchMessageOf(message);
      }
    },
    async join(input, options = {}) {
      const { peerId = '', leaseSecret = '', host = '', port, shareName, files } = input;
      const { listFingerprint = new Uint8Array(), allowedUsers = [], tags = [], takesOffers = false } = input;
      const list = { files: files.map(fileEntryOf), listFingerprint, allowedUsers: [...allowedUsers] };
      const told = { host, port, shareName, tags: [...tags], takesOffers };
      const request = { peerId, leaseSecret, ...told, ...list };
      const { leaseTtl, renewInterval, ...rest } = await service.join(request, options);
      return { ...rest, ttlMs: msFromDuration(leaseTtl), renewIntervalMs: msFromDuration(renewInterval) };
    },
    publish(lease, changes, { signal } = {}) {
      const stallMs = replicas.length === 1 ? publishStallMs : publishStallAmongSeveralMs;
      return publishChanges(index, { lease, changes, stallMs, signal });
    },
    async renew({ peerId, leaseSecret }, options = {}) {
      const response = await service.renew({ peerId, leaseSecret }, options);
      return {
        ttlMs: msFromDuration(response.leaseTtl),
        renewIntervalMs: msFromDuration(response.renewInterval),
        fileCount: response.fileCount,
        revoked: revokedOf(response.revocations),
        seenHost: isHost(response.seenHost) ? response.seenHost : undefined,
      };
    },
    async leave({ peerId, leaseSecret }, options = {}) {
      await service.leave({ peerId, leaseSecret }, options);
    },
    close() {
      for (const replica of replicas) replica.close();
    },
  };
}
