import { CardumeError } from '@cardume/client';
import { roleOfWire, wireRole } from '@cardume/client/trust';
import { type UserServiceImplementation, Role as WireRole } from '@cardume/proto/trust/v1';
import { checkPageSize, readPageToken, writePageToken } from '@cardume/service-kit';
import { checkPeerId } from '../core/checks/check-peer-id.ts';
import { addUser, revokePeer, revokeUser, rotateToken, type UserComponents } from '../core/trust/manage-users.ts';

const pageSizes = { defaultPageSize: 100, maxPageSize: 1_000 };
/** What a page token is bound to. */
const fingerprint = 'users';

/** Makes the UserService. */
export function createUserService(components: UserComponents): UserServiceImplementation {
  return {
    async addUser({ name, role }) {
      const known = role === WireRole.ROLE_UNSPECIFIED ? 'member' : roleOfWire(role);
      if (known === undefined) throw CardumeError.invalidField('role', `has no value ${role}`);
      return { token: await addUser(components, name, known) };
    },
    async listUsers({ pageSize, pageToken }) {
      const wanted = checkPageSize(pageSize, pageSizes);
      const after = pageToken === '' ? '' : readPageToken(fingerprint, pageToken).toString();
      const found = await components.store.listUsers(after, wanted + 1);
      const page = found.slice(0, wanted);
      const last = page.at(-1);
      return {
        users: page.map(({ user, role, createMs, revokeMs }) => ({
          name: user,
          role: wireRole[role],
          createTime: new Date(createMs),
          revokeTime: revokeMs === undefined ? undefined : new Date(revokeMs),
        })),
        nextPageToken:
          found.length > wanted && last !== undefined ? writePageToken(fingerprint, Buffer.from(last.user)) : '',
      };
    },
    async revokeUser({ name }) {
      await revokeUser(components, name);
      return {};
    },
    async rotateToken({ name }) {
      return { token: await rotateToken(components, name) };
    },
    async revokePeer({ peerId }) {
      await revokePeer(components, checkPeerId(peerId));
      return {};
    },
  };
}
