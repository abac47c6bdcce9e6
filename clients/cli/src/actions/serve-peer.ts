import { join } from 'node:path';
import { formatAddress, isLoopback, parseAddress, type RateLimit } from '@cardume/client';
import { startPeer } from '@cardume/peer';
import { shareStateFolder } from '../adapters/share-state-folder.ts';
import { untilAborted } from '../adapters/until-aborted.ts';
import { controlFolder } from '../core/control-folder.ts';
import { exitCode } from '../core/exit-code.ts';
import { indexFileWaitMs } from '../core/limits.ts';
import type { LogFlags } from '../core/settings/log-flags.ts';
import type { Context } from './context.ts';
import type { OwnInbox } from './open-own-inbox.ts';
import { type ReachFlags, reachIndex } from './reach-index.ts';
import { createShareReporter } from './share-reporter.ts';

/** The flags of the commands that run a peer. */
export interface ServeFlags extends LogFlags, ReachFlags {
  listen?: string;
  advertise?: string;
  name?: string;
  tag?: string[];
  exclude?: string[];
  /** The users who may see and get what is shared. */
  to?: string[];
  state?: string;
  slots?: number;
  limitUp?: RateLimit;
  limitUpEach?: RateLimit;
  maxConnections?: number;
  /** `false`: any number. */
  connectionsPerSecond?: number | false;
  /** `false`: any number. */
  callsPerSecond?: number | false;
  metrics?: string;
  audit?: string;
  insecure?: boolean;
  json?: boolean;
}

const insecureNotice =
  'plaintext and without authentication (--insecure): anyone who reaches this address can read what is shared, and ' +
  'change what passes by.';

/** What a peer does that a command runs. */
export interface ServedPeer {
  /** What it shares. */
  paths: string[];
  /** What tells it from other peers of this user, whose state it does not use. */
  statePaths: string[];
  /** What others may send to it; undefined: nothing. */
  inbox: OwnInbox | undefined;
}

/** Runs a peer until the command is interrupted: a server that is asked to stop has done its job. */
export async function servePeer(
  { paths, statePaths, inbox }: ServedPeer,
  flags: ServeFlags,
  context: Context,
): Promise<number> {
  try {
    return await serve({ paths, statePaths, inbox }, flags, context);
  } finally {
    inbox?.close();
  }
}

async function serve({ paths, statePaths, inbox }: ServedPeer, flags: ServeFlags, context: Context): Promise<number> {
  const { terminal, interruption, stateHome } = context;
  const { advertise, name, exclude, insecure = false, metrics, audit, logFormat } = flags;
  const stateFolder = flags.state ?? (await shareStateFolder(stateHome, statePaths));
  const reached = await reachIndex(flags, context, {
    identityFolder: join(stateFolder, 'identity'),
    fileWaitMs: indexFileWaitMs,
    looksOnLan: true,
  });
  const { network } = reached;
  // Others are to reach what is shared in a network with certificates, unless its index is of this machine alone.
  const listen = flags.listen ?? (network === undefined || reached.isHere ? '127.0.0.1:0' : '0.0.0.0:0');
  const isDisplayed = terminal.interactive && flags.json !== true;
  if (isDisplayed && insecure && network === undefined && !isLoopback(parseAddress(listen, '--listen').host)) {
    terminal.note(`${terminal.style('note', 'yellow', 'Warning:')} ${insecureNotice}`);
  }
  const reporter = createShareReporter(context, flags.json === true);
  const starting = startPeer({
    paths,
    index: reached.addresses.map(formatAddress).join(','),
    network,
    listen,
    advertise,
    insecure,
    shareName: name,
    tags: flags.tag ?? [],
    exclude,
    allowedUsers: flags.to,
    stateFolder,
    copiesFolder: stateHome,
    controlFolder: controlFolder(stateHome),
    secretFolders: [join(stateHome, 'networks'), join(stateHome, 'authority'), join(stateFolder, 'identity')],
    uploadSlots: flags.slots,
    maxUploadBytesPerSecond: flags.limitUp,
    maxUploadBytesPerSecondEach: flags.limitUpEach,
    maxConnections: flags.maxConnections,
    connectionsPerSecond: flags.connectionsPerSecond,
    callsPerSecond: flags.callsPerSecond,
    inbox: inbox?.options,
    metrics,
    audit,
    // On a terminal the display tells what happens, and log lines that say it again would tear the progress bar.
    logLevel: flags.logLevel ?? (isDisplayed ? 'error' : 'info'),
    logFormat,
    onEvent: reporter.onEvent,
    signal: interruption.signal,
  });
  starting.catch(() => reporter.givenUp());
  const peer = await starting;
  reporter.serving(peer, inbox?.options.folder);
  await untilAborted(interruption.signal);
  await peer.stop();
  reached.close();
  return interruption.readerLeft ? exitCode.failed : exitCode.done;
}
