import { durationFromMs } from '@cardume/client';
import type { IndexServiceImplementation } from '@cardume/proto/index/v1';
import { rawStream, type SharedSlots } from '@cardume/service-kit';
import type { ChangeFeed } from '../core/changes/change-feed.ts';
import type { LeaseComponents } from '../core/leases/lease-components.ts';
import { leaveIndex } from '../core/leases/leave-index.ts';
import { renewLease } from '../core/leases/renew-lease.ts';
import { handleJoin } from './join.ts';
import { handleListPeers } from './list-peers.ts';
import { handleLookup } from './lookup.ts';
import { handlePublish } from './publish.ts';
import { readProof } from './read-proof.ts';
import { handleReportHolder } from './report-holder.ts';
import { handleSearch } from './search.ts';
import { createWatch } from './watch.ts';

/** What the service works with. */
export interface IndexServiceInit extends LeaseComponents {
  /** Since when this process runs. */
  startTime: Date;
  feed: ChangeFeed;
  /** Those of streams of Watch. */
  watchers: SharedSlots;
}

/** Makes the IndexService: messages in, calls of the core, messages out. */
export function createIndexService(init: IndexServiceInit): IndexServiceImplementation {
  const { catalog, nowMs, leaseTtlMs, pace, startTime, feed, watchers } = init;
  const leaseTtl = durationFromMs(leaseTtlMs);
  return {
    join: (request, context) => handleJoin(init, request, context.peer),
    publish: (requests) => handlePublish(init, requests),
    async renew(request) {
      const fileCount = await renewLease(init, readProof(request));
      return { leaseTtl, renewInterval: durationFromMs(pace.intervalMs), fileCount };
    },
    async leave(request) {
      await leaveIndex(init, readProof(request));
      return {};
    },
    search: (request, context) => handleSearch(catalog, request, nowMs(), context.signal),
    lookup: (request, context) => handleLookup(catalog, request, nowMs, context.signal),
    reportHolder: (request, context) => handleReportHolder(init, request, context.peer),
    listPeers: (request) => handleListPeers(catalog, request, nowMs()),
    watch: rawStream(createWatch({ catalog, feed, ...watchers })),
    async getStats() {
      return { ...(await catalog.stats(nowMs())), leaseTtl, startTime };
    },
  };
}
