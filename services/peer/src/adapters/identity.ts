import { randomBytes } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';

/** Who this peer is, and the secrets by which indexes know it again. */
export interface Identity {
  /** 64 lower-case hex digits, made once and kept. */
  readonly peerId: string;
  /** The lease secret that an index gave last; undefined when it gave none. */
  leaseSecret(indexTarget: string): string | undefined;
  keepLeaseSecret(indexTarget: string, leaseSecret: string): void;
}

/** @param certifiedId the id that a certificate gives; undefined: one is made once and kept */
export function openIdentity(database: DatabaseSync, certifiedId?: string): Identity {
  const peerId = certifiedId ?? keptId(database);
  const find = database.prepare('SELECT lease_secret FROM leases WHERE index_target = ?');
  const keep = database.prepare('INSERT OR REPLACE INTO leases (index_target, lease_secret) VALUES (?, ?)');
  return {
    peerId,
    leaseSecret(indexTarget) {
      const secret = find.get(indexTarget)?.lease_secret;
      return typeof secret === 'string' ? secret : undefined;
    },
    keepLeaseSecret(indexTarget, leaseSecret) {
      keep.run(indexTarget, leaseSecret);
    },
  };
}

function keptId(database: DatabaseSync): string {
  const kept = database.prepare('SELECT peer_id FROM identity').get()?.peer_id;
  if (typeof kept === 'string') return kept;
  const made = randomBytes(32).toString('hex');
  database.prepare('INSERT INTO identity (peer_id) VALUES (?)').run(made);
  return made;
}
