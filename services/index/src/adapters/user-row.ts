import { isRole } from '@cardume/client/trust';
import type { UserRecord } from '../core/trust/user-store.ts';

/** A user, as both engines read it. */
export interface UserRow {
  user_name: string;
  role: string;
  create_ms: number;
  revoke_ms: number | null;
}

export function userOf(row: UserRow | undefined): UserRecord | undefined {
  if (row === undefined || !isRole(row.role)) return undefined;
  return { user: row.user_name, role: row.role, createMs: row.create_ms, revokeMs: row.revoke_ms ?? undefined };
}
