import type { Role } from '@cardume/client/trust';

/** A user of the network. */
export interface UserRecord {
  user: string;
  role: Role;
  createMs: number;
  /** Undefined: it was not revoked. */
  revokeMs: number | undefined;
}

/** Whose certificates are refused. */
export interface Revocations {
  users: string[];
  peerIds: string[];
}

/** The users of the network, and who was revoked. Tokens are stored hashed. */
export interface UserStore {
  /** Adds a user. False: the name is taken. */
  addUser(user: Pick<UserRecord, 'user' | 'role'>, tokenHash: Uint8Array, nowMs: number): Promise<boolean>;
  /** Users in the order of their names (by code points), from the first one after `afterUser`. */
  listUsers(afterUser: string, limit: number): Promise<UserRecord[]>;
  findUser(user: string): Promise<UserRecord | undefined>;
  /** The user with that token, revoked or not. */
  findUserOfToken(tokenHash: Uint8Array): Promise<UserRecord | undefined>;
  /** Puts another token in the place of a user's. False: there is no such user, or it was revoked. */
  replaceToken(user: string, tokenHash: Uint8Array): Promise<boolean>;
  /** Gives a user another role. False: there is no such user, or it was revoked. */
  changeRole(user: string, role: Role): Promise<boolean>;
  /** Revokes a user. False: there is none. */
  revokeUser(user: string, nowMs: number): Promise<boolean>;
  revokePeer(peerId: string, nowMs: number): Promise<void>;
  /** Who was revoked after a time: certificates from before it have ended. */
  revokedAfter(afterMs: number): Promise<Revocations>;
}
