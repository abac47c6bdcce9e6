import type { Role } from '@cardume/client/trust';

const members = new Set([
  ...['Join', 'Publish', 'Renew', 'Leave'].map((name) => `/cardume.index.v1.IndexService/${name}`),
  ...['Listen', 'Accept'].map((name) => `/cardume.relay.v1.RelayService/${name}`),
]);

/** The least role for each method of an index or a relay, by its path. */
export function indexRoleFor(path: string): Role | 'anybody' {
  if (path.startsWith('/cardume.trust.v1.EnrollmentService/')) return 'anybody';
  if (path.startsWith('/cardume.trust.v1.UserService/')) return 'admin';
  return members.has(path) ? 'member' : 'reader';
}
