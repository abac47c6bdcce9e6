import type { AllowedUsers } from '../core/rights/allowed-users.ts';

/** Users as they are stored: one text for each set of them, empty when everybody may see a lease. */
export function textOfUsers(allowedUsers: AllowedUsers): string {
  return allowedUsers.length === 0 ? '' : JSON.stringify(allowedUsers);
}

/** The users of a text that {@link textOfUsers} has made. */
export function usersOfText(text: string): AllowedUsers {
  return text === '' ? [] : (JSON.parse(text) as string[]);
}
