import { CardumeError } from '@cardume/client';
import { checkPageSize, readPageToken, writePageToken } from '@cardume/service-kit';
import type { Catalog, ListedPeer } from './catalog.ts';
import { isPeerId } from './checks/check-peer-id.ts';
import { defaultPageSize, maxPageSize } from './limits.ts';

/** A page of live peers. */
export interface PeersPage {
  peers: ListedPeer[];
  /** Empty: this is the last page. */
  nextPageToken: string;
}

const fingerprint = 'list-peers';

/**
 * Lists a page of live peers in the order of their ids, those that a user may see.
 *
 * @param user undefined: those that everybody may see
 * @throws CardumeError INVALID_FIELD, PAGE_TOKEN_INVALID
 */
export async function listPeers(
  catalog: Catalog,
  request: { pageSize: number; pageToken: string },
  nowMs: number,
  user: string | undefined,
): Promise<PeersPage> {
  const pageSize = checkPageSize(request.pageSize, { defaultPageSize, maxPageSize });
  const afterPeerId = request.pageToken === '' ? '' : readPeerId(request.pageToken);
  const found = await catalog.listPeers(afterPeerId, pageSize + 1, nowMs, user);
  const peers = found.slice(0, pageSize);
  const last = found.length > pageSize ? peers.at(-1) : undefined;
  return { peers, nextPageToken: last === undefined ? '' : writePageToken(fingerprint, Buffer.from(last.peerId)) };
}

function readPeerId(token: string): string {
  const peerId = readPageToken(fingerprint, token).toString();
  if (isPeerId(peerId)) return peerId;
  throw CardumeError.invalidField('page_token', 'is not one of this index', 'PAGE_TOKEN_INVALID');
}
