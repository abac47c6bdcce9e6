/** Marks a database as an index's, in its header: the letters `CRDM`. */
export const applicationId = 0x43_52_44_4d;

/**
 * The tables.
 *
 * - `peers`: one row per lease. Liveness is here and nowhere else, so that renewing touches one row. A peer is live while
 *   `expire_ms` is in the future; 0 marks one that was retired, whose holdings are being cleared. Times are of the
 *   index's clock. `total_size_bytes` is a decimal text, since the sizes of a million files can exceed 64 bits.
 * - `names`: each name once, however many list it, with what it folds to. `name_trigrams` finds parts of folded names; it
 *   narrows only, so it keeps no positions. It merges a segment when half of it is deleted: at SQLite's own tenth, clearing
 *   a long list takes ten times as long, with pauses of over a second.
 * - `files`: one row per name and content, be it a file's or a folder's manifest. `whole_count` counts the holdings that are whole.
 * - `holdings`: who lists which file. A peer lists a name once.
 * - `state`: one row: when the index last said that it runs, and totals that would take long to count.
 * - `changes`: the log of changes, for those who watch; `event` is JSON. `state` says what it is called, how long its events are
 *   together, and up to which position it was cut.
 * - `restricted_entries`: the lists that only some users may see, apart from all others: nothing of them is in `names`, `files`,
 *   `holdings` and the totals of files. `audiences` says who they are, as `peers.allowed_users` does, a JSON array; empty:
 *   everybody. Keys of entries are never given again: whoever has found one asks later for who holds it.
 * - `reports`: who says of whom that it served wrong bytes, until when. By the peer's id: joining again ends none.
 */
const firstSchema = `
CREATE TABLE peers (
  peer_key INTEGER PRIMARY KEY AUTOINCREMENT,
  peer_id TEXT NOT NULL,
  host TEXT NOT NULL,
  port INTEGER NOT NULL,
  share_name TEXT NOT NULL,
  secret_hash BLOB NOT NULL,
  join_ms REAL NOT NULL,
  renew_ms REAL NOT NULL,
  expire_ms REAL NOT NULL,
  reachable INTEGER NOT NULL DEFAULT 0,
  dial_ms REAL NOT NULL DEFAULT 0,
  file_count INTEGER NOT NULL DEFAULT 0,
  total_size_bytes TEXT NOT NULL DEFAULT '0'
) STRICT;
CREATE UNIQUE INDEX peers_by_id ON peers (peer_id) WHERE expire_ms > 0;
CREATE INDEX peers_by_expiry ON peers (expire_ms);

CREATE TABLE names (
  name_key INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  folded TEXT NOT NULL,
  folded_last TEXT NOT NULL
) STRICT;
CREATE INDEX names_by_folded ON names (folded);
CREATE INDEX names_by_folded_last ON names (folded_last);
CREATE VIRTUAL TABLE name_trigrams USING fts5 (
  folded, content = '', contentless_delete = 1, detail = none, tokenize = 'trigram case_sensitive 1'
);
INSERT INTO name_trigrams (name_trigrams, rank) VALUES ('deletemerge', 50);

CREATE TABLE files (
  file_key INTEGER PRIMARY KEY,
  name_key INTEGER NOT NULL,
  digest BLOB NOT NULL,
  size_bytes INTEGER NOT NULL,
  whole_count INTEGER NOT NULL,
  UNIQUE (name_key, digest, size_bytes)
) STRICT;
CREATE INDEX files_by_digest ON files (digest);

CREATE TABLE holdings (
  peer_key INTEGER NOT NULL,
  name_key INTEGER NOT NULL,
  file_key INTEGER NOT NULL,
  partial INTEGER NOT NULL,
  modify_ms INTEGER,
  PRIMARY KEY (peer_key, name_key)
) STRICT, WITHOUT ROWID;
CREATE INDEX holdings_by_file ON holdings (file_key, partial);

CREATE TABLE state (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  heartbeat_ms REAL NOT NULL,
  file_count INTEGER NOT NULL,
  holding_count INTEGER NOT NULL,
  total_size_bytes TEXT NOT NULL
) STRICT;
INSERT INTO state VALUES (1, 0, 0, 0, '0');
`;

const withReports = `
CREATE TABLE reports (
  peer_id TEXT NOT NULL,
  caller TEXT NOT NULL,
  digest BLOB NOT NULL,
  piece INTEGER,
  report_ms REAL NOT NULL,
  expire_ms REAL NOT NULL,
  PRIMARY KEY (peer_id, caller)
) STRICT, WITHOUT ROWID;
CREATE INDEX reports_by_caller ON reports (caller);
CREATE INDEX reports_by_expiry ON reports (expire_ms);
`;

/**
 * Folders among the files: `folder_file_count` is -1 for a file. What is said of a folder is part of what it is, as its size
 * is: who says something else of it says it for itself. `peers.file_count` counts all entries, `folder_count` those of them.
 */
const withFolders = `
ALTER TABLE peers ADD COLUMN folder_count INTEGER NOT NULL DEFAULT 0;
ALTER TABLE files RENAME TO files_before;
CREATE TABLE files (
  file_key INTEGER PRIMARY KEY,
  name_key INTEGER NOT NULL,
  digest BLOB NOT NULL,
  size_bytes INTEGER NOT NULL,
  folder_file_count INTEGER NOT NULL,
  folder_size_bytes INTEGER NOT NULL,
  whole_count INTEGER NOT NULL,
  UNIQUE (name_key, digest, size_bytes, folder_file_count, folder_size_bytes)
) STRICT;
INSERT INTO files SELECT file_key, name_key, digest, size_bytes, -1, 0, whole_count FROM files_before;
DROP TABLE files_before;
CREATE INDEX files_by_digest ON files (digest);
`;

/**
 * A list may have a fingerprint, by which its peer finds it again: then it outlives its lease for a while, from `retire_ms`
 * on. And the log of changes.
 */
const withChanges = `
ALTER TABLE peers ADD COLUMN list_fingerprint BLOB;
ALTER TABLE peers ADD COLUMN retire_ms REAL NOT NULL DEFAULT 0;
CREATE INDEX peers_retired ON peers (retire_ms) WHERE expire_ms = 0;
CREATE INDEX peers_by_fingerprint ON peers (peer_id) WHERE list_fingerprint IS NOT NULL;
CREATE TABLE changes (
  position INTEGER PRIMARY KEY AUTOINCREMENT,
  change_ms REAL NOT NULL,
  peer_id TEXT NOT NULL,
  event TEXT NOT NULL,
  event_length INTEGER NOT NULL
) STRICT;
ALTER TABLE state ADD COLUMN log_id TEXT NOT NULL DEFAULT '';
ALTER TABLE state ADD COLUMN log_length INTEGER NOT NULL DEFAULT 0;
ALTER TABLE state ADD COLUMN cut_position INTEGER NOT NULL DEFAULT 0;
UPDATE state SET log_id = lower(hex(randomblob(8)));
`;

/**
 * The users of a network with certificates: `token_hash` is the SHA-256 of the token. Names are never given away again, so that
 * a certificate of a revoked user never becomes another's.
 */
const withUsers = `
CREATE TABLE users (
  user_name TEXT PRIMARY KEY,
  role TEXT NOT NULL,
  token_hash BLOB NOT NULL UNIQUE,
  create_ms REAL NOT NULL,
  revoke_ms REAL
) STRICT, WITHOUT ROWID;
CREATE TABLE revoked_peers (
  peer_id TEXT PRIMARY KEY,
  revoke_ms REAL NOT NULL
) STRICT, WITHOUT ROWID;
`;

/** Lists that are for some users only. */
const withRights = `
ALTER TABLE peers ADD COLUMN allowed_users TEXT NOT NULL DEFAULT '';
CREATE TABLE audiences (
  user_name TEXT NOT NULL,
  peer_key INTEGER NOT NULL,
  PRIMARY KEY (user_name, peer_key)
) STRICT, WITHOUT ROWID;
CREATE INDEX audiences_by_peer ON audiences (peer_key);
CREATE TABLE restricted_entries (
  entry_key INTEGER PRIMARY KEY AUTOINCREMENT,
  peer_key INTEGER NOT NULL,
  name TEXT NOT NULL,
  folded TEXT NOT NULL,
  folded_last TEXT NOT NULL,
  digest BLOB NOT NULL,
  size_bytes INTEGER NOT NULL,
  folder_file_count INTEGER NOT NULL,
  folder_size_bytes INTEGER NOT NULL,
  partial INTEGER NOT NULL,
  modify_ms INTEGER,
  UNIQUE (peer_key, name)
) STRICT;
CREATE INDEX restricted_by_folded ON restricted_entries (peer_key, folded);
CREATE INDEX restricted_by_folded_last ON restricted_entries (peer_key, folded_last);
CREATE INDEX restricted_by_digest ON restricted_entries (peer_key, digest);
`;

/** What a peer says of itself for those who send to it: `tags` is a JSON array of texts. */
const withTags = `
ALTER TABLE peers ADD COLUMN tags TEXT NOT NULL DEFAULT '[]';
ALTER TABLE peers ADD COLUMN takes_offers INTEGER NOT NULL DEFAULT 0;
`;

/** What leads from each version of the schema to the next; an empty database has version 0. */
export const migrations = [firstSchema, withReports, withFolders, withChanges, withUsers, withRights, withTags];
