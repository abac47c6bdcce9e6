import { type Address, CardumeError, formatAddress, isLoopback } from '@cardume/client';

/** What everyone who starts a server in plaintext beyond this machine is told, on each start. */
export const insecureWarning =
  'plaintext and without authentication (--insecure): anyone who reaches this address can read every name and byte, ' +
  'join as any peer, and change what passes by';

/** The same of metrics. */
export const insecureMetricsWarning =
  'plaintext and without authentication (--insecure): anyone who reaches this address can read the metrics';

/** What a server listens for, and how its operator is told of it. */
export interface GuardedListen {
  /** The flag that names the address. Default: `--listen`. */
  flag?: string;
  /** Default: {@link insecureWarning}. */
  warning?: string;
}

/**
 * Lets a server listen in plaintext on loopback only, unless its operator says that he knows.
 *
 * @returns a warning to log when the server is open to others, otherwise undefined
 * @throws CardumeError INVALID_FIELD
 */
export function guardListen(
  listen: Address,
  insecure: boolean,
  { flag = '--listen', warning = insecureWarning }: GuardedListen = {},
): string | undefined {
  if (isLoopback(listen.host)) return undefined;
  if (insecure) return warning;
  throw CardumeError.invalidField(
    flag,
    `${formatAddress(listen)} is reachable from other machines: serve with certificates (an index: --authority FOLDER; a peer: --index INVITE), listen on 127.0.0.1, or add --insecure to accept plaintext without authentication`,
  );
}
