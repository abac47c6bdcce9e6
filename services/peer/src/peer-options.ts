import { availableParallelism } from 'node:os';
import {
  type Address,
  type Addresses,
  CardumeError,
  checkRateLimit,
  defaultIndexPort,
  maxTags,
  parseAddress,
  parseAddresses,
  printable,
  type RateLimit,
  shareNameProblem,
  tagProblem,
} from '@cardume/client';
import { checkUserName, maxAllowedUsers, type Network, sharedUserName } from '@cardume/client/trust';
import {
  defaultStallTimeoutMs,
  type LogFormat,
  type LogLevel,
  parseMetricsAddress,
  type ServerTls,
} from '@cardume/service-kit';
import { defaultRescanIntervalMs, defaultUploadTurnMs, maxDownloads, maxDownloadsPerCaller } from './core/limits.ts';
import type { PeerEvent } from './core/peer-event.ts';
import type { AllowedUsers } from './core/share-rights.ts';
import type { InboxOptions } from './open-inbox.ts';

/** How a peer is started. */
export interface PeerOptions {
  /**
   * The folders and files to share. The names in a single folder are relative to it; with several paths, names begin with
   * the folder's own name, and a file has its own name. None: only what `sharePartial` is given, and nothing is hashed.
   */
  paths: string[];
  /** The index, `HOST:PORT`; of several replicas, the preferred one first, with commas between. Default: `127.0.0.1:50051`. */
  index?: string;
  /** Where to listen, `HOST:PORT`; port 0 chooses a free one. Default: `127.0.0.1:0`. */
  listen?: string;
  /** Whether plaintext without authentication is accepted beyond loopback. Default: false. */
  insecure?: boolean;
  /**
   * The network that the peer is part of: it serves to members only, and joins as who its certificate says. Its owner closes
   * it. Default: none.
   */
  network?: Network | undefined;
  /**
   * The users who may see and get what the peer shares, at most 100, as certificates name them; the peer's own user may in any
   * case, and so an empty list is for that one alone. To everybody else, admins among them, there is nothing of it, neither at
   * the index nor here. It takes a `network` in which the peer's user is not the one of all who come with the printed invite.
   * Default: everybody may.
   */
  allowedUsers?: readonly string[] | undefined;
  /** Serve with TLS 1.3 instead of in plaintext; callers are checked only against `clientAuthority`. */
  tls?: ServerTls;
  /**
   * What others are told to dial, `HOST:PORT` or `HOST`. Default: the address that the index sees when the peer listens
   * on all interfaces, otherwise the one that it listens on; the port is the one that it listens on.
   */
  advertise?: string;
  /** What the share is called, for people: at most 255 bytes. Default: the folder's name, or how many there are, or ''. */
  shareName?: string;
  /** What the peer calls itself besides, so that others can send to all who have a tag: at most 16 of 64 bytes. Default: none. */
  tags?: readonly string[];
  /**
   * Patterns of names to leave out: one with a `/` is matched against the whole name within the share, one without
   * against its last part. A folder that matches is left out with all that is in it. Default: none.
   */
  exclude?: string[];
  /**
   * Where the peer's id and the digests of files are kept. It is made when absent; two peers never use one. Default:
   * nowhere: each start makes a new id, and hashes everything again.
   */
  stateFolder?: string;
  /**
   * The folder of the user's catalogue of copies (`@cardume/client/copies`), which is told where the shared files of at least
   * 64 KiB are, so that downloads on this machine copy them. Default: none.
   */
  copiesFolder?: string;
  /**
   * The folder in which this process listens on a socket of its own, for its user alone, and tells by the `ControlService` what it
   * is doing. Default: none.
   */
  controlFolder?: string;
  /** Folders that are never shared, with all that is in them, wherever they are: those with keys and invites. Default: none. */
  secretFolders?: readonly string[];
  /**
   * How many threads hash, 1 to 256. They give way to the one that serves. Default: one more than the machine has
   * processors, since one of them often waits for the disk, and 16 at the most.
   */
  hashThreads?: number;
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
  /** How many downloads stream at once; further ones are told to come back. Default: 2,048. */
  maxDownloads?: number;
  /** How many of them go to one caller's address; further ones are told to come back. Default: 1,536. */
  maxDownloadsPerCaller?: number;
  /** For how long a caller may take nothing of a download before it is ended, in milliseconds. Default: 60,000. */
  stallTimeoutMs?: number;
  /**
   * Whether what is shared is listed nowhere: the peer joins the index with an empty list, and gives files to whoever knows their
   * digests. Default: false.
   */
  unlisted?: boolean;
  /** What others may send to this peer, and where that lands. Default: nothing. */
  inbox?: InboxOptions | undefined;
  /**
   * How many bytes of files a second leave at the most, all downloads together: a number, at least 1, or a schedule by this
   * machine's clock. Default: no bound.
   */
  maxUploadBytesPerSecond?: RateLimit | undefined;
  /** The same of what one caller gets: a member of the network, else an address. Default: no bound. */
  maxUploadBytesPerSecondEach?: RateLimit | undefined;
  /**
   * How many transfers get bytes at once, 1 to 10,000; further ones get LIMIT_REACHED with their place in a queue, and when to
   * come back. A transfer is all that one caller asks for with one `cardume-transfer-id`, on however many connections. Requests
   * for at most 1 MiB have as many lanes of their own. Default: all that `maxDownloads` lets in.
   */
  uploadSlots?: number | undefined;
  /** For how long a transfer keeps its slot while others wait, in milliseconds. Default: 30,000, and at most 1 GiB. */
  uploadTurnMs?: number | undefined;
  /**
   * Whether others may reach the peer through the relays of its network when the index cannot dial it. Their callers have no
   * address here, and share what one address may have. Default: true.
   */
  listensAtRelays?: boolean;
  /** How often the folders are scanned without a sign of change, in milliseconds. Default: 60,000. */
  rescanIntervalMs?: number;
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
  /** Default: `info`. */
  logLevel?: LogLevel;
  /** Default: `text` on a terminal, else `json`. */
  logFormat?: LogFormat;
  /** Told what happens, for a display. It must not throw. */
  onEvent?: (event: PeerEvent) => void;
  /** Ends the start, which may hash for hours, with CANCELLED. Of no effect once the peer runs. */
  signal?: AbortSignal;
}

/** The same, read and checked, with every default in its place. */
export interface PeerSettings {
  paths: string[];
  index: Addresses;
  listen: Address;
  insecure: boolean;
  tls: ServerTls | undefined;
  network: Network | undefined;
  /** With the peer's own user, each once, in order; undefined: everybody. */
  allowedUsers: AllowedUsers;
  advertise: string | undefined;
  shareName: string | undefined;
  tags: readonly string[];
  exclude: string[];
  stateFolder: string | undefined;
  copiesFolder: string | undefined;
  controlFolder: string | undefined;
  secretFolders: readonly string[];
  hashThreads: number;
  maxConnections: number | undefined;
  connectionsPerSecond: number | false | undefined;
  callsPerSecond: number | false | undefined;
  maxDownloads: number;
  maxDownloadsPerCaller: number;
  stallTimeoutMs: number;
  unlisted: boolean;
  inbox: InboxOptions | undefined;
  maxUploadBytesPerSecond: RateLimit | undefined;
  maxUploadBytesPerSecondEach: RateLimit | undefined;
  uploadSlots: number | undefined;
  uploadTurnMs: number;
  listensAtRelays: boolean;
  rescanIntervalMs: number;
  metrics: Address | undefined;
  audit: string | undefined;
  onEvent: (event: PeerEvent) => void;
}

const maxHashThreads = 256;
/** So many hash faster than any disk reads, and each takes some 20 MiB of memory. */
const maxDefaultHashThreads = 16;
const mostDownloads = 10_000;

/** @throws CardumeError INVALID_FIELD for an option that cannot be meant */
export function withDefaults(options: PeerOptions): PeerSettings {
  const { shareName, network, exclude = [], secretFolders = [], insecure = false } = options;
  const problem = shareName === undefined ? null : shareNameProblem(shareName);
  if (problem !== null) throw CardumeError.invalidField('--name', `the share cannot have this name: ${problem}`);
  return {
    paths: options.paths,
    index: parseAddresses(options.index ?? '127.0.0.1', '--index', defaultIndexPort),
    listen: parseAddress(options.listen ?? '127.0.0.1:0', '--listen'),
    insecure,
    tls: options.tls ?? network?.serverTls(),
    network,
    allowedUsers: usersOf(options),
    advertise: options.advertise,
    shareName,
    tags: checkTags(options.tags ?? []),
    exclude,
    stateFolder: options.stateFolder,
    copiesFolder: options.copiesFolder,
    controlFolder: options.controlFolder,
    secretFolders,
    hashThreads: wholeNumber('hashThreads', options.hashThreads ?? defaultHashThreads(), maxHashThreads),
    maxConnections: options.maxConnections,
    connectionsPerSecond: options.connectionsPerSecond,
    callsPerSecond: options.callsPerSecond,
    maxDownloads: wholeNumber('maxDownloads', options.maxDownloads ?? maxDownloads, mostDownloads),
    maxDownloadsPerCaller: wholeNumber(
      'maxDownloadsPerCaller',
      options.maxDownloadsPerCaller ?? maxDownloadsPerCaller,
      mostDownloads,
    ),
    stallTimeoutMs: wholeNumber('stallTimeoutMs', options.stallTimeoutMs ?? defaultStallTimeoutMs, 86_400_000),
    unlisted: options.unlisted ?? false,
    inbox: options.inbox,
    ...uploadSettings(options),
    listensAtRelays: options.listensAtRelays ?? true,
    rescanIntervalMs: wholeNumber('rescanIntervalMs', options.rescanIntervalMs ?? defaultRescanIntervalMs, 86_400_000),
    metrics: options.metrics === undefined ? undefined : parseMetricsAddress(options.metrics),
    audit: options.audit,
    onEvent: options.onEvent ?? (() => {}),
  };
}

function uploadSettings(options: PeerOptions) {
  const { maxUploadBytesPerSecond, maxUploadBytesPerSecondEach, uploadSlots, uploadTurnMs } = options;
  if (maxUploadBytesPerSecond !== undefined) checkRateLimit(maxUploadBytesPerSecond, '--limit-up');
  if (maxUploadBytesPerSecondEach !== undefined) checkRateLimit(maxUploadBytesPerSecondEach, '--limit-up-each');
  return {
    maxUploadBytesPerSecond,
    maxUploadBytesPerSecondEach,
    uploadSlots: uploadSlots === undefined ? undefined : wholeNumber('--slots', uploadSlots, mostDownloads),
    uploadTurnMs: wholeNumber('uploadTurnMs', uploadTurnMs ?? defaultUploadTurnMs, 86_400_000),
  };
}

/**
 * What others are told to dial.
 *
 * @returns host undefined: the address that the index sees
 * @throws CardumeError INVALID_FIELD
 */
export function advertisedAddress(
  advertise: string | undefined,
  listening: Address,
): Partial<Address> & { port: number } {
  const { host, port } = advertise === undefined ? listening : parseAddress(advertise, '--advertise', listening.port);
  if (port === 0) throw CardumeError.invalidField('--advertise', 'nobody can dial port 0');
  return host === '0.0.0.0' || host === '::' ? { port } : { host, port };
}

function usersOf({ allowedUsers, network }: PeerOptions): AllowedUsers {
  if (allowedUsers === undefined) return undefined;
  if (network === undefined) {
    const problem =
      'users are known only in a network with certificates: start its index with --listen beyond this machine and without ' +
      '--insecure, and share with --index INVITE';
    throw CardumeError.invalidField('--to', problem);
  }
  if (network.identity.user === sharedUserName) {
    const problem =
      `this machine is in the network as ${sharedUserName}, as are all who came with the invite that the index printed, and ` +
      'they would see it: let an admin run cardume index user add NAME, and share with that invite and another --state';
    throw CardumeError.invalidField('--to', problem);
  }
  for (const user of allowedUsers) checkUserName(user, '--to');
  const others = new Set(allowedUsers);
  others.delete(network.identity.user);
  if (others.size > maxAllowedUsers) {
    throw CardumeError.invalidField('--to', `names ${others.size} users, and may name ${maxAllowedUsers}`);
  }
  return [network.identity.user, ...others].sort();
}

function defaultHashThreads(): number {
  return Math.min(maxDefaultHashThreads, availableParallelism() + 1);
}

function checkTags(tags: readonly string[]): readonly string[] {
  if (tags.length > maxTags) throw CardumeError.invalidField('--tag', `may be given ${maxTags} times`);
  for (const tag of tags) {
    const problem = tagProblem(tag);
    if (problem !== null) throw CardumeError.invalidField('--tag', `${printable(tag)} cannot be one: ${problem}`);
  }
  return tags;
}

function wholeNumber(field: string, value: number, most: number): number {
  if (Number.isInteger(value) && value >= 1 && value <= most) return value;
  throw CardumeError.invalidField(field, `must be a whole number from 1 to ${most}`);
}
