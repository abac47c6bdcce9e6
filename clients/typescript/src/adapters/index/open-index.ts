import { IndexServiceDefinition } from '@cardume/proto/index/v1';
import type { Address } from '../../core/address/address.ts';
import type { JoinInput, Lease, ListChange, PublishResult, Renewal } from '../../core/model/lease.ts';
import type { IndexStats, PeerInfo } from '../../core/model/network.ts';
import type { Hit, SearchPage, SearchQuery } from '../../core/model/search.ts';
import { msFromDuration } from '../../core/time/duration.ts';
import { openChannel } from '../channel/open-channel.ts';
import { fileEntryOf, hitsOf, peerInfoOf, wireMatchMode } from './index-messages.ts';

/** How many entries of a list one message to the index may carry. */
export const maxEntriesPerMessage = 10_000;

/** Options of a single call. */
export interface CallOptions {
  /** Ends the call with CANCELLED. Unary calls have a deadline of 10 s besides. */
  signal?: AbortSignal;
}

/** Which lease a call is about. */
export type LeaseKey = Pick<Lease, 'peerId' | 'leaseSecret'>;

/**
 * An index. Each method is one RPC (or its pages) and throws only CardumeErrors: UNREACHABLE or TIMED_OUT when the
 * index is not there, otherwise what the contract says for the RPC.
 */
export interface IndexClient {
  /** `HOST:PORT`. */
  readonly target: string;
  /** One page of hits, best first. */
  search(query: SearchQuery, options?: CallOptions): Promise<SearchPage>;
  /** All hits, best first, page by page as they are consumed. */
  searchAll(query: SearchQuery, options?: CallOptions): AsyncGenerator<Hit, void, undefined>;
  /** All live peers, in the order of their ids. */
  listPeers(options?: CallOptions): AsyncGenerator<PeerInfo, void, undefined>;
  stats(options?: CallOptions): Promise<IndexStats>;
  join(input: JoinInput, options?: CallOptions): Promise<Lease>;
  /** Sends changes of a list of any size: each one is applied whole before the next is sent for. */
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

/** Opens an index. It connects on the first call, and by itself again when the connection was lost. */
export function openIndex(address: Address): IndexClient {
  const channel = openChannel(address, 'index');
  const service = channel.client(IndexServiceDefinition);

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
      },
      options,
    );
    return {
      hits: hitsOf(response.hits),
      nextPageToken: response.nextPageToken === '' ? undefined : response.nextPageToken,
      truncated: response.truncated,
    };
  };

  return {
    target: channel.target,
    search,
    async *searchAll(query, options) {
      let pageToken = query.pageToken;
      do {
        const page = await search({ ...query, ...(pageToken === undefined ? {} : { pageToken }) }, options);
        yield* page.hits;
        pageToken = page.nextPageToken;
      } while (pageToken !== undefined);
    },
    async *listPeers(options = {}) {
      let pageToken = '';
      do {
        const page = await service.listPeers({ pageSize: 500, pageToken }, options);
        yield* page.peers.map(peerInfoOf);
        pageToken = page.nextPageToken;
      } while (pageToken !== '');
    },
    async stats(options = {}) {
      const { leaseTtl, ...rest } = await service.getStats({}, options);
      return { ...rest, leaseTtlMs: msFromDuration(leaseTtl) };
    },
    async join(input, options = {}) {
      const { peerId = '', leaseSecret = '', host = '', port, shareName, files } = input;
      const request = { peerId, leaseSecret, host, port, shareName, files: files.map(fileEntryOf) };
      const { leaseTtl, renewInterval, ...rest } = await service.join(request, options);
      return { ...rest, ttlMs: msFromDuration(leaseTtl), renewIntervalMs: msFromDuration(renewInterval) };
    },
    publish: ({ peerId, leaseSecret }, changes, options = {}) =>
      service.publish(
        (async function* requests() {
          for await (const { added = [], removedNames = [] } of changes) {
            yield { peerId, leaseSecret, added: added.map(fileEntryOf), removedNames: [...removedNames] };
          }
        })(),
        options,
      ),
    async renew({ peerId, leaseSecret }, options = {}) {
      const response = await service.renew({ peerId, leaseSecret }, options);
      return {
        ttlMs: msFromDuration(response.leaseTtl),
        renewIntervalMs: msFromDuration(response.renewInterval),
        fileCount: response.fileCount,
      };
    },
    async leave({ peerId, leaseSecret }, options = {}) {
      await service.leave({ peerId, leaseSecret }, options);
    },
    close: () => channel.close(),
  };
}
