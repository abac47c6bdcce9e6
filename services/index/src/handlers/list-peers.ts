import { durationFromMs } from '@cardume/client';
import type { ListPeersRequest, ListPeersResponse, Peer } from '@cardume/proto/index/v1';
import type { Catalog, ListedPeer } from '../core/catalog.ts';
import { listPeers } from '../core/list-peers.ts';
import { ageMs } from './age.ts';

/** Handles ListPeers. */
export async function handleListPeers(
  catalog: Catalog,
  request: ListPeersRequest,
  nowMs: number,
  user: string | undefined,
): Promise<ListPeersResponse> {
  const { peers, nextPageToken } = await listPeers(catalog, request, nowMs, user);
  return { peers: peers.map((peer) => messageOfPeer(peer, nowMs)), nextPageToken };
}

function messageOfPeer(peer: ListedPeer, nowMs: number): Peer {
  return {
    peerId: peer.peerId,
    host: peer.host,
    port: peer.port,
    shareName: peer.shareName,
    fileCount: peer.fileCount,
    folderCount: peer.folderCount,
    totalSizeBytes: peer.totalSizeBytes,
    joinTime: new Date(peer.joinMs),
    renewalAge: durationFromMs(ageMs(peer.renewMs, nowMs)),
    reachable: peer.reachable,
    reportCount: peer.reportCount,
    restricted: peer.allowedUsers.length > 0,
    tags: [...peer.tags],
    takesOffers: peer.takesOffers,
  };
}
