import type { UserStore } from '../../core/trust/user-store.ts';
import { type UserRow, userOf } from '../user-row.ts';
import type { Database } from './database.ts';

/** Makes the access to the users and revocations in an SQLite database. */
export function createUserTable(database: Database): UserStore {
  const columns = 'user_name, role, create_ms, revoke_ms';
  const find = database.query<UserRow>(`SELECT ${columns} FROM users WHERE user_name = ?`);
  const findByToken = database.query<UserRow>(`SELECT ${columns} FROM users WHERE token_hash = ?`);
  const list = database.query<UserRow>(`SELECT ${columns} FROM users WHERE user_name > ? ORDER BY user_name LIMIT ?`);
  const add = database.command(
    'INSERT OR IGNORE INTO users (user_name, role, token_hash, create_ms) VALUES (?, ?, ?, ?)',
  );
  const replaceToken = database.command('UPDATE users SET token_hash = ? WHERE user_name = ? AND revoke_ms IS NULL');
  const changeRole = database.command('UPDATE users SET role = ? WHERE user_name = ? AND revoke_ms IS NULL');
  const revoke = database.command('UPDATE users SET revoke_ms = coalesce(revoke_ms, ?) WHERE user_name = ?');
  const revokePeer = database.command('INSERT OR REPLACE INTO revoked_peers (peer_id, revoke_ms) VALUES (?, ?)');
  const revokedUsers = database.query<{ user_name: string }>('SELECT user_name FROM users WHERE revoke_ms > ?');
  const revokedPeers = database.query<{ peer_id: string }>('SELECT peer_id FROM revoked_peers WHERE revoke_ms > ?');

  return {
    addUser: ({ user, role }, tokenHash, nowMs) =>
      database.transaction(() => add.run(user, role, tokenHash, nowMs) > 0),
    listUsers: async (afterUser, limit) => list.all(afterUser, limit).flatMap((row) => userOf(row) ?? []),
    findUser: async (user) => userOf(find.get(user)),
    findUserOfToken: async (tokenHash) => userOf(findByToken.get(tokenHash)),
    replaceToken: (user, tokenHash) => database.transaction(() => replaceToken.run(tokenHash, user) > 0),
    changeRole: (user, role) => database.transaction(() => changeRole.run(role, user) > 0),
    revokeUser: (user, nowMs) => database.transaction(() => revoke.run(nowMs, user) > 0),
    revokePeer: (peerId, nowMs) => database.transaction(() => void revokePeer.run(peerId, nowMs)),
    revokedAfter: async (afterMs) => ({
      users: revokedUsers.all(afterMs).map((row) => row.user_name),
      peerIds: revokedPeers.all(afterMs).map((row) => row.peer_id),
    }),
  };
}
