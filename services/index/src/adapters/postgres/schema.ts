/**
 * The tables, all in the schema `cardume`. What they hold is what SQLite's do (../sqlite/schema.ts), with these differences:
 *
 * - `peers.retired` says that a lease ended. No index has a column that a renewal changes, so that PostgreSQL writes a
 *   renewal into the page of the peer's row and nowhere else (HOT).
 * - Texts compare by their bytes (`COLLATE "C"`), as in SQLite, and their B-trees serve `LIKE 'x%'`.
 * - `totals` has several rows, which are added up: writers of different peers do not wait for each other.
 * - No foreign keys, which would keep the tables from being spread over machines.
 */
const firstSchema = `
CREATE TABLE cardume.peers (
  peer_key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  peer_id text COLLATE "C" NOT NULL,
  host text NOT NULL,
  port integer NOT NULL,
  share_name text NOT NULL,
  secret_hash bytea NOT NULL,
  join_ms double precision NOT NULL,
  renew_ms double precision NOT NULL,
  expire_ms double precision NOT NULL,
  retired boolean NOT NULL DEFAULT false,
  retire_ms double precision NOT NULL DEFAULT 0,
  reachable boolean NOT NULL DEFAULT false,
  dial_ms double precision NOT NULL DEFAULT 0,
  entry_count bigint NOT NULL DEFAULT 0,
  folder_count bigint NOT NULL DEFAULT 0,
  total_size_bytes numeric NOT NULL DEFAULT 0,
  list_fingerprint bytea
) WITH (fillfactor = 60);
CREATE UNIQUE INDEX peers_by_id ON cardume.peers (peer_id) WHERE NOT retired;
CREATE INDEX peers_retired ON cardume.peers (retire_ms) WHERE retired;
CREATE INDEX peers_by_fingerprint ON cardume.peers (peer_id) WHERE list_fingerprint IS NOT NULL;

CREATE TABLE cardume.names (
  name_key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text COLLATE "C" NOT NULL UNIQUE,
  folded text COLLATE "C" NOT NULL,
  folded_last text COLLATE "C" NOT NULL
);
CREATE INDEX names_by_folded ON cardume.names (folded);
CREATE INDEX names_by_folded_last ON cardume.names (folded_last);
CREATE INDEX names_by_trigrams ON cardume.names USING gin (folded gin_trgm_ops);

CREATE TABLE cardume.files (
  file_key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name_key bigint NOT NULL,
  digest bytea NOT NULL,
  size_bytes bigint NOT NULL,
  folder_file_count integer NOT NULL,
  folder_size_bytes bigint NOT NULL,
  whole_count bigint NOT NULL,
  UNIQUE (name_key, digest, size_bytes, folder_file_count, folder_size_bytes)
) WITH (fillfactor = 90);
CREATE INDEX files_by_digest ON cardume.files (digest);

CREATE TABLE cardume.holdings (
  peer_key bigint NOT NULL,
  name_key bigint NOT NULL,
  file_key bigint NOT NULL,
  partial boolean NOT NULL,
  modify_ms double precision,
  PRIMARY KEY (peer_key, name_key)
);
CREATE INDEX holdings_by_file ON cardume.holdings (file_key);

CREATE TABLE cardume.totals (
  slot integer PRIMARY KEY,
  file_count bigint NOT NULL DEFAULT 0,
  entry_count bigint NOT NULL DEFAULT 0,
  total_size_bytes numeric NOT NULL DEFAULT 0
);
INSERT INTO cardume.totals (slot) SELECT generate_series(0, 15);

CREATE TABLE cardume.reports (
  peer_id text COLLATE "C" NOT NULL,
  caller text NOT NULL,
  digest bytea NOT NULL,
  piece bigint,
  report_ms double precision NOT NULL,
  expire_ms double precision NOT NULL,
  PRIMARY KEY (peer_id, caller)
);
CREATE INDEX reports_by_caller ON cardume.reports (caller);
CREATE INDEX reports_by_expiry ON cardume.reports (expire_ms);

CREATE TABLE cardume.changes (
  position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  change_ms double precision NOT NULL,
  peer_id text NOT NULL,
  event text NOT NULL,
  event_length integer NOT NULL
);

CREATE TABLE cardume.state (
  id integer PRIMARY KEY CHECK (id = 1),
  heartbeat_ms double precision NOT NULL,
  log_id text NOT NULL,
  cut_position bigint NOT NULL
);
INSERT INTO cardume.state VALUES (1, 0, substr(md5(random()::text || clock_timestamp()::text), 1, 16), 0);
`;

/**
 * The users of a network with certificates: `token_hash` is the SHA-256 of the token. Names are never given away again, so that
 * a certificate of a revoked user never becomes another's.
 */
const withUsers = `
CREATE TABLE cardume.users (
  user_name text COLLATE "C" PRIMARY KEY,
  role text NOT NULL,
  token_hash bytea NOT NULL UNIQUE,
  create_ms double precision NOT NULL,
  revoke_ms double precision
);
CREATE TABLE cardume.revoked_peers (
  peer_id text COLLATE "C" PRIMARY KEY,
  revoke_ms double precision NOT NULL
);
`;

/** Lists that are for some users only. */
const withRights = `
ALTER TABLE cardume.peers ADD COLUMN allowed_users text NOT NULL DEFAULT '';
CREATE TABLE cardume.audiences (
  user_name text COLLATE "C" NOT NULL,
  peer_key bigint NOT NULL,
  PRIMARY KEY (user_name, peer_key)
);
CREATE INDEX audiences_by_peer ON cardume.audiences (peer_key);
CREATE TABLE cardume.restricted_entries (
  entry_key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  peer_key bigint NOT NULL,
  name text COLLATE "C" NOT NULL,
  folded text COLLATE "C" NOT NULL,
  folded_last text COLLATE "C" NOT NULL,
  digest bytea NOT NULL,
  size_bytes bigint NOT NULL,
  folder_file_count integer NOT NULL,
  folder_size_bytes bigint NOT NULL,
  partial boolean NOT NULL,
  modify_ms double precision,
  UNIQUE (peer_key, name)
);
CREATE INDEX restricted_by_folded ON cardume.restricted_entries (peer_key, folded);
CREATE INDEX restricted_by_folded_last ON cardume.restricted_entries (peer_key, folded_last);
CREATE INDEX restricted_by_digest ON cardume.restricted_entries (peer_key, digest);
`;

/** What a peer says of itself for those who send to it. */
const withTags = `
ALTER TABLE cardume.peers ADD COLUMN tags text[] NOT NULL DEFAULT '{}';
ALTER TABLE cardume.peers ADD COLUMN takes_offers boolean NOT NULL DEFAULT false;
`;

/** What leads from each version of the schema to the next; version 0 has no tables. */
export const migrations = [firstSchema, withUsers, withRights, withTags];

/** How many rows `totals` has. */
export const totalsSlots = 16;

/** The key of an advisory lock, for what all replicas do one at a time. */
export const advisoryLocks = {
  migrating: 0x43_52_44_01,
  /** Held from before a change is written to the log until it is committed, so that positions are in the order of commits. */
  changing: 0x43_52_44_02,
} as const;
