/** Who may see a lease and its list: users by their names, in order, the peer's own among them; of none, everybody may. */
export type AllowedUsers = readonly string[];

/** Whether a user may see it. @param user undefined: nobody who is known, such as the index itself */
export function maySee(allowedUsers: AllowedUsers, user: string | undefined): boolean {
  return allowedUsers.length === 0 || (user !== undefined && allowedUsers.includes(user));
}

/** Whether the same users may. */
export function areSameUsers(a: AllowedUsers, b: AllowedUsers): boolean {
  return a.length === b.length && a.every((user, at) => user === b[at]);
}
