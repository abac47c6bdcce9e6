import { CardumeError } from '@cardume/client';
import { checkUserName, maxAllowedUsers } from '@cardume/client/trust';

/**
 * Checks who may see a lease.
 *
 * @param own the caller's user, who always may; undefined: there are no certificates, and so no users
 * @returns each once, in order; none: everybody may
 * @throws CardumeError INVALID_FIELD
 */
export function checkAllowedUsers(users: readonly string[], own: string | undefined): string[] {
  if (users.length === 0) return [];
  if (own === undefined) {
    const problem =
      'takes a network with certificates: this index knows no users, so that it cannot hide files from some';
    throw CardumeError.invalidField('allowed_users', problem);
  }
  // Its own stands there or not.
  const all = new Set([own, ...users]);
  if (all.size > maxAllowedUsers + 1) {
    throw CardumeError.invalidField('allowed_users', `must be at most ${maxAllowedUsers} besides your own`);
  }
  for (const [at, user] of users.entries()) checkUserName(user, `allowed_users[${at}]`);
  return [...all].sort();
}
