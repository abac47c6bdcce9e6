import { Role as WireRole } from '@cardume/proto/trust/v1';
import { type Role, roles } from '../../core/trust/peer-identity.ts';

/** The roles in the contract. */
export const wireRole: Readonly<Record<Role, WireRole>> = {
  reader: WireRole.ROLE_READER,
  member: WireRole.ROLE_MEMBER,
  admin: WireRole.ROLE_ADMIN,
};

/** The role of one in the contract; undefined: none is said, or one that this code does not know. */
export function roleOfWire(wire: WireRole): Role | undefined {
  return roles.find((role) => wireRole[role] === wire);
}
