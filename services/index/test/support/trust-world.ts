import { randomBytes } from 'node:crypto';
import { makeKey, makeRequest, peerServerName, type Role } from '@cardume/client/trust';
import { makeAuthorityKey } from '../../src/adapters/trust/make-authority-key.ts';
import { type Authority, openAuthority } from '../../src/adapters/trust/open-authority.ts';
import type { AuthorityRecord } from '../../src/core/trust/authority-record.ts';
import type { Side } from './handshake.ts';

export const hourMs = 3_600_000;

/** A peer with a certificate, as a side of a connection. */
export interface TestPeer extends Required<Side> {
  peerId: string;
  servername: string;
}

/** The components of an authority whose clock is wrong by so much. */
export function clockOffBy(offMs: number) {
  return { nowMs: () => Date.now() + offMs, randomBytes };
}

/** A new network, begun two days ago, so that certificates of yesterday can be issued in it. */
export async function newNetwork(): Promise<AuthorityRecord> {
  return { keys: [await makeAuthorityKey(clockOffBy(-48 * hourMs))] };
}

/** Makes a peer's key and has an authority issue its certificate. */
export async function enrol(
  authority: Authority,
  { user = 'ana', role = 'member' as Role, lifetimeMs = hourMs } = {},
): Promise<TestPeer> {
  const key = await makeKey();
  const { certificate, identity } = authority.issue(await makeRequest(key), { user, role, lifetimeMs });
  const servername = peerServerName(authority.networkId, identity.peerId);
  return { peerId: identity.peerId, cert: certificate, key, ca: authority.trusted, servername };
}

/** The authority of a network, whose clock is wrong by so much. */
export function authorityOf(record: AuthorityRecord, offMs = 0): Authority {
  return openAuthority(record, clockOffBy(offMs));
}
