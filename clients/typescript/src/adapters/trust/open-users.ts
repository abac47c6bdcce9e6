import { UserServiceDefinition } from '@cardume/proto/trust/v1';
import { type Address, formatAddress } from '../../core/address/address.ts';
import { type Addresses, checkAddresses } from '../../core/address/parse-addresses.ts';
import type { ClientTls } from '../../core/model/client-tls.ts';
import { followPages } from '../../core/paging/follow-pages.ts';
import type { Role } from '../../core/trust/peer-identity.ts';
import { CardumeError } from '../../errors/cardume-error.ts';
import { type GrpcClient, grpcClient } from '../grpc/grpc-client.ts';
import { openGrpcSession } from '../grpc/grpc-session.ts';
import { askReplicas } from '../index/ask-replicas.ts';
import { Replicas } from '../index/replicas.ts';
import { replicatedService } from '../index/replicated-service.ts';
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
  /**
   * Adds a user. @returns its token, which is not told again. @throws CardumeError INVALID_FIELD when the name is taken; of several
   * addresses also when one took the user and was gone before it answered: `list` tells when, and `rotate` makes another token
   */
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

/**
 * Opens the user service of an index. With several addresses, of replicas that know the same users, it moves on from one that is
 * away as `openIndex` does.
 *
 * @throws CardumeError INVALID_FIELD when there is no address, or one is there twice, or there are more than 16
 */
export function openUsers(addresses: Addresses, tls: () => ClientTls): UsersClient {
  const replicas = checkAddresses(addresses, 'index').map((address) => openUserReplica(address, tls));
  const index = new Replicas(replicas);
  const service = replicatedService(UserServiceDefinition, index);
  const who = `index ${replicas.map(({ target }) => target).join(',')}`;
  return {
    async add(name, role) {
      const asked = new Set<string>();
      const ask = ({ target, service: asking }: UserReplica, deadlineMs: number) => {
        asked.add(target);
        return asking.addUser({ name, role: wireRole[role] }, { deadlineMs });
      };
      try {
        return (await askReplicas(index, ask)).token;
      } catch (thrown) {
        throw asked.size > 1 ? perhapsAdded(thrown) : thrown;
      }
    },
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
    close() {
      for (const replica of replicas) replica.close();
    },
  };
}

interface UserReplica {
  readonly target: string;
  readonly service: GrpcClient<typeof UserServiceDefinition>;
  close(): void;
}

function openUserReplica(address: Address, tls: () => ClientTls): UserReplica {
  const target = formatAddress(address);
  const session = openGrpcSession(address, { role: 'index', tls });
  const service = grpcClient(UserServiceDefinition, session, `index ${target}`);
  return { target, service, close: () => session.close() };
}

/** What an index says of a name may be the work of the one before it, which took the user, and was gone before it answered. */
function perhapsAdded(thrown: unknown): unknown {
  if (!CardumeError.is(thrown) || thrown.reason !== 'INVALID_FIELD') return thrown;
  const hint =
    'another address was asked before and gave no answer, but may have added the user: `cardume index user list` tells when ' +
    'that was, and `cardume index user rotate` makes another token';
  const { metadata, fieldViolations } = thrown;
  return new CardumeError('INVALID_FIELD', `${thrown.message}; ${hint}`, { metadata, fieldViolations, cause: thrown });
}
