import type { UserStore } from '../../core/trust/user-store.ts';
import { type UserRow, userOf } from '../user-row.ts';
import type { Database } from './database.ts';

const columns = 'user_name, role, create_ms, revoke_ms';

/** Makes the access to the users and revocations in a PostgreSQL database. */
export function createUsers(database: Database): UserStore {
  const changed = async (sql: string, parameters: readonly unknown[]): Promise<boolean> =>
    (await database.query(`${sql} RETURNING 1`, [...parameters])).length > 0;
  return {
    addUser: ({ user, role }, tokenHash, nowMs) =>
      changed(
        `INSERT INTO cardume.users (user_name, role, token_hash, create_ms) VALUES ($1, $2, $3, $4)
         ON CONFLICT (user_name) DO NOTHING`,
        [user, role, Buffer.from(tokenHash), nowMs],
      ),
    async listUsers(afterUser, limit) {
      const rows = await database.query<UserRow>(
        `SELECT ${columns} FROM cardume.users WHERE user_name > $1 ORDER BY user_name LIMIT $2`,
        [afterUser, limit],
      );
      return rows.flatMap((row) => userOf(row) ?? []);
    },
    async findUser(user) {
      const [row] = await database.query<UserRow>(`SELECT ${columns} FROM cardume.users WHERE user_name = $1`, [user]);
      return userOf(row);
    },
    async findUserOfToken(tokenHash) {
      const sql = `SELECT ${columns} FROM cardume.users WHERE token_hash = $1`;
      const [row] = await database.query<UserRow>(sql, [Buffer.from(tokenHash)]);
      return userOf(row);
    },
    replaceToken: (user, tokenHash) =>
      changed('UPDATE cardume.users SET token_hash = $2 WHERE user_name = $1 AND revoke_ms IS NULL', [
        user,
        Buffer.from(tokenHash),
      ]),
    changeRole: (user, role) =>
      changed('UPDATE cardume.users SET role = $2 WHERE user_name = $1 AND revoke_ms IS NULL', [user, role]),
    revokeUser: (user, nowMs) =>
      changed('UPDATE cardume.users SET revoke_ms = coalesce(revoke_ms, $2) WHERE user_name = $1', [user, nowMs]),
    async revokePeer(peerId, nowMs) {
      await database.query(
        `INSERT INTO cardume.revoked_peers (peer_id, revoke_ms) VALUES ($1, $2)
         ON CONFLICT (peer_id) DO UPDATE SET revoke_ms = excluded.revoke_ms`,
        [peerId, nowMs],
      );
    },
    async revokedAfter(afterMs) {
      const rows = await database.query<{ user_name: string | null; peer_id: string | null }>(
        `SELECT user_name, NULL AS peer_id FROM cardume.users WHERE revoke_ms > $1
         UNION ALL SELECT NULL, peer_id FROM cardume.revoked_peers WHERE revoke_ms > $1`,
        [afterMs],
      );
      return {
        users: rows.flatMap((row) => row.user_name ?? []),
        peerIds: rows.flatMap((row) => row.peer_id ?? []),
      };
    },
  };
}
