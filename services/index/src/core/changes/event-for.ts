import type { AllowedUsers } from '../rights/allowed-users.ts';
import type { ChangeEvent } from './change.ts';

/** An event as only those are told of it who may see the lease that it is of. */
export function eventFor(allowedUsers: AllowedUsers, event: ChangeEvent): ChangeEvent {
  return allowedUsers.length === 0 ? event : { ...event, allowedUsers };
}
