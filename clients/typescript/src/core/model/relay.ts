import type { Address } from '../address/address.ts';
import type { ClientTls } from './client-tls.ts';
import type { Revoked } from './lease.ts';

/** What an index says of the relays of its network. */
export interface RelayList {
  /** Whether the index itself is one, at each of its addresses. */
  here: boolean;
  /** The others, as they were told: `HOST:PORT`. */
  addresses: readonly string[];
  /** Whose certificates are refused, in a network that has them. */
  revoked: Revoked;
}

/** A relay, and how to connect to it. */
export interface RelayAddress extends Address {
  /** `HOST:PORT` */
  target: string;
  /** Undefined: in plaintext. */
  tls: ClientTls | undefined;
}

/** Which peer is to connect to the calling one. */
export interface AskBack {
  peerId: string;
  /** What it names there: 32 bytes that nobody can guess. */
  tunnelId: Uint8Array;
}
