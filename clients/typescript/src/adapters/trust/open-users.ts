import { UserServiceDefinition } from '@cardume/proto/trust/v1';
import { formatAddress } from '../../core/address/address.ts';
import type { Addresses } from '../../core/address/parse-addresses.ts';
import type { ClientTls } from '../../core/model/client-tls.ts';
import { followPages } from '../../core/paging/follow-pages.ts';
import type { Role } from '../../core/trust/peer-identity.ts';
import { grpcClient } from '../grpc/grpc-client.ts';
import { openGrpcSession } from '../grpc/grpc-session.ts';
import { roleOfWire, wireRole } from './wire-role.ts';

/** A user of a network. */
export interface User {
  name: string;
  role: Role;
  createTime: Date | undefined;
  /** Undefined: it was not revoked. */
  revokeTime: Date | undefined;
}

/** The users of a network, for an admin. Each method is one RPC (or its pages) and throws only CardumeErrors. */
export interface UsersClient {
  /** Adds a user. @returns its token, which is not told again. @throws CardumeError INVALID_FIELD when the name is taken */
  add(name: string, role: Role): Promise<string>;
  /** All users, revoked ones among them, in the order of their names. */
  list(): AsyncGenerator<User, void, undefined>;
  /** Ends a user, with all of its peers. @throws CardumeError USER_UNKNOWN */
  revoke(name: string): Promise<void>;
  /** Makes another token in the place of a user's. @throws CardumeError USER_UNKNOWN */
  rotate(name: string): Promise<string>;
  /** Ends one peer's certificates. */
  revokePeer(peerId: string): Promise<void>;
  close(): void;
}

/** Opens the user service of an index: the first of its addresses, for all replicas know the same users. */
export function openUsers([address]: Addresses, tls: () => ClientTls): UsersClient {
  const session = openGrpcSession(address, { role: 'index', tls });
  const who = `index ${formatAddress(address)}`;
  const service = grpcClient(UserServiceDefinition, session, who);
  return {
    add: async (name, role) => (await service.addUser({ name, role: wireRole[role] })).token,
    list: () =>
      followPages(who, async (pageToken = '') => {
        const page = await service.listUsers({ pageSize: 0, pageToken });
        const items = page.users.map(({ name, role, createTime, revokeTime }) => ({
          name,
          // A newer index may have roles that this code does not know; they are shown as the least.
          role: roleOfWire(role) ?? 'reader',
          createTime,
          revokeTime,
        }));
        return { items, nextPageToken: page.nextPageToken === '' ? undefined : page.nextPageToken };
      }),
    async revoke(name) {
      await service.revokeUser({ name });
    },
    rotate: async (name) => (await service.rotateToken({ name })).token,
    async revokePeer(peerId) {
      await service.revokePeer({ peerId });
    },
    close: () => session.close(),
  };
}
