import { durationFromMs } from '@cardume/client';
import type { PeerIdentity } from '@cardume/client/trust';
import type { IndexServiceImplementation, RenewResponse } from '@cardume/proto/index/v1';
import { callerHost, callerOf, callerPlace, peerOf, rawStream, type SharedSlots } from '@cardume/service-kit';
import type { CallContext } from 'nice-grpc';
import { CallerTurns } from '../core/caller-turns.ts';
import type { ChangeFeed } from '../core/changes/change-feed.ts';
import type { LeaseComponents } from '../core/leases/lease-components.ts';
import { leaveIndex } from '../core/leases/leave-index.ts';
import { renewLease } from '../core/leases/renew-lease.ts';
import { maxSearchesPerCaller, maxWritesPerPeer } from '../core/limits.ts';
import { viewForUser } from '../core/rights/view-for-user.ts';
import type { Searcher } from '../core/search/searcher.ts';
import type { RevocationList } from '../core/trust/revocation-list.ts';
import type { Revocations } from '../core/trust/user-store.ts';
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
  searcher: Searcher;
  feed: ChangeFeed;
  /** Those of streams of Watch. */
  watchers: SharedSlots;
  /** In a network with certificates. */
  revocations: RevocationList | undefined;
}

/** Makes the IndexService: messages in, calls of the core, messages out. */
export function createIndexService(init: IndexServiceInit): IndexServiceImplementation {
  const { catalog, searcher, nowMs, leaseTtlMs, pace, startTime, feed, watchers } = init;
  const leaseTtl = durationFromMs(leaseTtlMs);
  const turns = new CallerTurns(maxSearchesPerCaller);
  const inTurn = <Result>(context: CallContext, search: () => Promise<Result>): Promise<Result> =>
    turns.run(callingPeer(context)?.peerId ?? callerPlace(callerHost(context.peer)), context.signal, search);
  const writeTurns = new CallerTurns(maxWritesPerPeer);
  // Without certificates thousands of peers may come from one address, and a join may wait for a dial back.
  const inWriteTurn = <Result>(context: CallContext, write: () => Promise<Result>): Promise<Result> => {
    const peer = callingPeer(context);
    return peer === undefined ? write() : writeTurns.run(peer.peerId, context.signal, write);
  };
  return {
    join: (request, context) =>
      inWriteTurn(context, () =>
        handleJoin(init, request, { transportPeer: context.peer, caller: callingPeer(context) }),
      ),
    publish: (requests, context) => inWriteTurn(context, () => handlePublish(init, requests, callingPeer(context))),
    async renew(request, context) {
      const seenHost = callerHost(context.peer);
      const fileCount = await renewLease(init, readProof(request, callingPeer(context)), seenHost);
      return {
        leaseTtl,
        renewInterval: durationFromMs(pace.intervalMs),
        fileCount,
        revocations: revocationsOf(init.revocations?.current),
        seenHost: seenHost ?? '',
      };
    },
    async leave(request, context) {
      await leaveIndex(init, readProof(request, callingPeer(context)));
      return {};
    },
    search: (request, context) =>
      inTurn(context, () => handleSearch(searcher, request, callingPeer(context)?.user, nowMs(), context.signal)),
    lookup: (request, context) =>
      inTurn(context, () =>
        handleLookup(viewForUser(catalog, callingPeer(context)?.user), request, nowMs, context.signal),
      ),
    reportHolder: (request, context) =>
      handleReportHolder(init, request, { transportPeer: context.peer, caller: callingPeer(context) }),
    listPeers: (request, context) => handleListPeers(catalog, request, nowMs(), callingPeer(context)?.user),
    watch: rawStream(createWatch({ catalog, feed, ...watchers })),
    async getStats() {
      const { peerCount, fileCount, holdingCount, totalSizeBytes } = await catalog.stats(nowMs());
      return { peerCount, fileCount, holdingCount, totalSizeBytes, leaseTtl, startTime };
    },
  };
}

/** The peer that calls, as its certificate says; undefined where there are none. */
function callingPeer(context: CallContext): PeerIdentity | undefined {
  return peerOf(callerOf(context));
}

function revocationsOf(current: Revocations | undefined): RenewResponse['revocations'] {
  if (current === undefined) return [];
  return [
    ...current.users.map((value) => ({ of: { $case: 'user', value } }) as const),
    ...current.peerIds.map((value) => ({ of: { $case: 'peerId', value } }) as const),
  ];
}
