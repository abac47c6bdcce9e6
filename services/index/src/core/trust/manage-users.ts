import { CardumeError, printable } from '@cardume/client';
import { checkUserName, hashToken, type Role, tokenOf, tokenSecretBytes } from '@cardume/client/trust';
import { isOidcUserName } from './oidc/oidc-user.ts';
import type { RevocationList } from './revocation-list.ts';
import type { UserStore } from './user-store.ts';

/** What managing users works with. */
export interface UserComponents {
  store: UserStore;
  revocations: RevocationList;
  randomBytes: (count: number) => Uint8Array;
  nowMs: () => number;
  /** Ends a peer's lease. Those of a user's peers end by themselves, for nobody can renew them. */
  endLease(peerId: string): Promise<void>;
}

/** Adds a user. @returns its token. @throws CardumeError INVALID_FIELD when the name is taken or none */
export async function addUser(components: UserComponents, user: string, role: Role): Promise<string> {
  const { store, nowMs } = components;
  if (isOidcUserName(user)) {
    throw CardumeError.invalidField('name', 'is of those that only id tokens of an OpenID Connect issuer give');
  }
  const token = newToken(components);
  if (!(await store.addUser({ user: checkUserName(user, 'name'), role }, hashToken(token), nowMs()))) {
    throw CardumeError.invalidField('name', `${printable(user)} is taken, or was once; names are not given away again`);
  }
  return token;
}

/** Makes a new token in the place of a user's. @throws CardumeError USER_UNKNOWN */
export async function rotateToken(components: UserComponents, user: string): Promise<string> {
  const token = newToken(components);
  if (!(await components.store.replaceToken(user, hashToken(token)))) throw userUnknown(user);
  return token;
}

/** Ends a user. @throws CardumeError USER_UNKNOWN */
export async function revokeUser(components: UserComponents, user: string): Promise<void> {
  const { store, revocations, nowMs } = components;
  if (!(await store.revokeUser(user, nowMs()))) throw userUnknown(user);
  await revocations.refresh();
}

/** Ends a peer's certificates. */
export async function revokePeer(components: UserComponents, peerId: string): Promise<void> {
  const { store, revocations, nowMs, endLease } = components;
  await store.revokePeer(peerId, nowMs());
  await revocations.refresh();
  await endLease(peerId);
}

function newToken({ randomBytes }: UserComponents): string {
  return tokenOf(randomBytes(tokenSecretBytes));
}

function userUnknown(user: string): CardumeError {
  return new CardumeError(
    'USER_UNKNOWN',
    `no user is called ${printable(user.slice(0, 64))}; \`cardume index user list\` names them`,
    {
      metadata: { user: user.slice(0, 64) },
    },
  );
}
