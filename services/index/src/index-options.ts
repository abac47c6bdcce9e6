import { type Address, CardumeError, formatAddress, parseAddress } from '@cardume/client';
import { maxRelays } from '@cardume/client/relay';
import { type LogFormat, type LogLevel, parseMetricsAddress } from '@cardume/service-kit';
import { defaultLeaseTtlMs, maxLeaseTtlMs, minLeaseTtlMs } from './core/limits.ts';
import { checkOidcOptions, type OidcOptions, type OidcSettings } from './core/trust/oidc/oidc-options.ts';
import { type DatabaseLocation, parseDatabase } from './parse-database.ts';

/** How an index runs. */
export interface IndexOptions {
  /** Where to listen: `HOST:PORT`; port 0 chooses a free one. Default: `127.0.0.1:50051`. */
  listen?: string;
  /** Accepts plaintext beyond loopback; each start says what that gives up. Default: false. */
  insecure?: boolean;
  /**
   * `sqlite:FILE`, whose folder is made; `sqlite::memory:`, which ends with the process; or
   * `postgres://USER:PASSWORD@HOST:PORT/DATABASE`, which any number of indexes share. Default: `sqlite::memory:`.
   */
  database?: string;
  /**
   * The folder of the network's authority, which is made when absent: serve with TLS 1.3 to those only whom the network has
   * given a certificate. Default: none; then plaintext, on loopback or with `insecure`.
   */
  authority?: string | undefined;
  /** DNS names and IP addresses by which the index is dialled, for its certificate and its invites; at most 32. Default: none. */
  hosts?: readonly string[];
  /** How long certificates of peers last: 1 minute to 7 days. Default: 12 h. */
  certificateLifetimeMs?: number;
  /**
   * How many certificates one user gets by a token in a minute, all at once if need be; renewals by a certificate are not
   * counted. At least 1. Default: 1,000. Each replica counts by itself.
   */
  enrolmentsPerMinute?: number | undefined;
  /** The OpenID Connect issuer whose users enrol by its id tokens; only with an `authority`. Default: none. */
  oidc?: OidcOptions | undefined;
  /**
   * Networks, as `10.0.0.0/8` or `fd00::/8`, in which peers may be dialled, whoever says so; nothing else then; at most 64.
   * Default: none; then no peer has an address that is nearer to the index than the one that it calls from.
   */
  peerNetworks?: readonly string[];
  /** How many connections there are at the most, from 2 on. Default: 20,000; never more than half of the descriptors. */
  maxConnections?: number | undefined;
  /**
   * How many connections a second may come from one address (of IPv6 a network of /64) over time, and 5 s worth of them at once;
   * four times as many from all addresses together where no member has called for an hour, and over loopback any number. At
   * least 1. Default: 200. `false`: any number.
   */
  connectionsPerSecond?: number | false | undefined;
  /**
   * How many calls a second one member may make over time, by its certificate, and 5 s worth of them at once. Without
   * a certificate four times as many come from one address, at most 400 where others have one, and from this machine any number.
   * At least 1. Default: 2,000. `false`: any number.
   */
  callsPerSecond?: number | false | undefined;
  /**
   * Whether the index carries connections to peers that nobody can dial, and how many bytes a second for one user, both ways
   * together; at least 1. Default: 16 MiB. `false`: it does not.
   */
  relay?: { bytesPerSecondPerUser?: number | undefined } | false | undefined;
  /** Relays that stand alone, `HOST:PORT` as others reach them; at most 16. Default: none. */
  relays?: readonly string[] | undefined;
  /** How long a lease lasts without a renewal: 1,000 to 3,600,000 ms. Default: 30,000. */
  leaseTtlMs?: number;
  /**
   * Where to serve metrics for Prometheus over HTTP, `GET /metrics`: `PORT`, which is of this machine only, or `HOST:PORT`;
   * beyond loopback only with `insecure`. Port 0 chooses a free one. Default: nowhere.
   */
  metrics?: string | undefined;
  /**
   * A file to which who did what is appended, an event a line: see docs/audit.md. It is made with mode 0600 when absent, and
   * anew when it was moved away. Default: nowhere.
   */
  audit?: string | undefined;
  /** The least level that is logged. Default: `info`. */
  logLevel?: LogLevel;
  /** Default: `text` on a terminal, otherwise `json`. */
  logFormat?: LogFormat;
}

/** The options of an index, checked and complete. */
export interface IndexSettings {
  listen: Address;
  insecure: boolean;
  maxConnections: number | undefined;
  connectionsPerSecond: number | false | undefined;
  callsPerSecond: number | false | undefined;
  database: DatabaseLocation;
  leaseTtlMs: number;
  peerNetworks: readonly string[];
  authority: string | undefined;
  hosts: readonly string[];
  certificateLifetimeMs: number | undefined;
  enrolmentsPerMinute: number | undefined;
  oidc: OidcSettings | undefined;
  relay: { bytesPerSecondPerUser: number | undefined } | undefined;
  relays: readonly string[];
  metrics: Address | undefined;
  audit: string | undefined;
}

/** @throws CardumeError INVALID_FIELD when an option is out of its bounds */
export function withDefaults(options: IndexOptions): IndexSettings {
  const {
    listen = '127.0.0.1:50051',
    insecure = false,
    database = 'sqlite::memory:',
    leaseTtlMs = defaultLeaseTtlMs,
    metrics,
  } = options;
  if (!(leaseTtlMs >= minLeaseTtlMs && leaseTtlMs <= maxLeaseTtlMs)) {
    throw CardumeError.invalidField('--lease', 'must be 1 second to 1 hour');
  }
  if (options.oidc !== undefined && options.authority === undefined) {
    throw CardumeError.invalidField('--oidc-issuer', 'is for a network with certificates: --authority FOLDER');
  }
  return {
    listen: parseAddress(listen, '--listen'),
    insecure,
    maxConnections: options.maxConnections,
    connectionsPerSecond: options.connectionsPerSecond,
    callsPerSecond: options.callsPerSecond,
    database: parseDatabase(database),
    leaseTtlMs,
    peerNetworks: options.peerNetworks ?? [],
    authority: options.authority,
    hosts: options.hosts ?? [],
    certificateLifetimeMs: options.certificateLifetimeMs,
    enrolmentsPerMinute: enrolmentsOf(options),
    oidc: options.oidc === undefined ? undefined : checkOidcOptions(options.oidc),
    relay: relayOf(options.relay),
    relays: relaysOf(options.relays ?? []),
    metrics: metrics === undefined ? undefined : parseMetricsAddress(metrics),
    audit: options.audit,
  };
}

function enrolmentsOf({ enrolmentsPerMinute }: IndexOptions): number | undefined {
  if (enrolmentsPerMinute === undefined || (Number.isInteger(enrolmentsPerMinute) && enrolmentsPerMinute >= 1)) {
    return enrolmentsPerMinute;
  }
  throw CardumeError.invalidField('--enrolments-per-minute', 'must be a whole number from 1 on');
}

function relayOf(given: IndexOptions['relay'] = {}): IndexSettings['relay'] {
  if (given === false) return undefined;
  const { bytesPerSecondPerUser } = given;
  if (bytesPerSecondPerUser !== undefined && !(bytesPerSecondPerUser >= 1)) {
    throw CardumeError.invalidField('--relay-limit', 'must be at least 1 byte a second, or off');
  }
  return { bytesPerSecondPerUser };
}

function relaysOf(texts: readonly string[]): string[] {
  if (texts.length > maxRelays) throw CardumeError.invalidField('--relay', `there may be ${maxRelays} at the most`);
  return texts.map((text) => {
    const address = parseAddress(text, '--relay');
    if (address.port === 0) throw CardumeError.invalidField('--relay', 'nobody can dial port 0');
    return formatAddress(address);
  });
}
