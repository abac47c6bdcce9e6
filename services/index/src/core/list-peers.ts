import { CardumeError } from '@cardume/client';
import { checkPageSize, readPageToken, writePageToken } from '@cardume/service-kit';
import type { Catalog, ListedPeer } from './catalog.ts';
import { checkPeerId, isPeerId } from './checks/check-peer-id.ts';
import { defaultPageSize, maxAskedPeers, maxPageSize } from './limits.ts';

/** A page of live peers. */
export interface PeersPage {
  peers: ListedPeer[];
  /** Empty: this is the last page. */
  nextPageToken: string;
}

const fingerprint = 'list-peers';

/**
 * Lists a page of live peers in the order of their ids, those that a user may see; or of them those of some ids.
 *
 * @param user undefined: those that everybody may see
 * @throws CardumeError INVALID_FIELD, PAGE_TOKEN_INVALID
 */
export async function listPeers(
  catalog: Catalog,
  request: { pageSize: number; pageToken: string; peerIds: readonly string[] },
  nowMs: number,
  user: string | undefined,
): Promise<PeersPage> {
  if (request.peerIds.length > 0) return findPeers(catalog, request.peerIds, nowMs, user);
  const pageSize = checkPageSize(request.pageSize, { defaultPageSize, maxPageSize });
  const afterPeerId = request.pageToken === '' ? '' : readPeerId(request.pageToken);
  const found = await catalog.listPeers(afterPeerId, pageSize + 1, nowMs, user);
  const peers = found.slice(0, pageSize);
  const last = found.length > pageSize ? peers.at(-1) : undefined;
  return { peers, nextPageToken: last === undefined ? '' : writePageToken(fingerprint, Buffer.from(last.peerId)) };
}

async function findPeers(
  catalog: Catalog,
  peerIds: readonly string[],
  nowMs: number,
  user: string | undefined,
): Promise<PeersPage> {
  if (peerIds.length > maxAskedPeers) {
    throw CardumeError.invalidField('peer_ids', `must be at most ${maxAskedPeers}`);
  }
  for (const [at, peerId] of peerIds.entries()) checkPeerId(peerId, `peer_ids[${at}]`);
  const peers: ListedPeer[] = [];
  for (const peerId of [...new Set(peerIds)].sort()) {
    // Ids that begin with all but its last digit are 16 at the most, and the first ones after that beginning.
    const near = await catalog.listPeers(peerId.slice(0, -1), 16, nowMs, user);
    peers.push(...near.filter((peer) => peer.peerId === peerId));
  }
  return { peers, nextPageToken: '' };
}

function readPeerId(token: string): string {
  const peerId = readPageToken(fingerprint, token).toString();
  if (isPeerId(peerId)) return peerId;
  throw CardumeError.invalidField('page_token', 'is not one of this index', 'PAGE_TOKEN_INVALID');
}
