import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  CardumeError,
  formatAddress,
  type IndexClient,
  type PeerInfo,
  PeerPool,
  printable,
  type SharedFile,
} from '@cardume/client';
import { type OpenPaths, openPathsWhenUsed } from '@cardume/client/relay';
import type { RateLimit } from '@cardume/client/units';
import { type RunningPeer, startPeer } from '@cardume/peer';
import { maxSendsAtOnce, sendHashWaitMs } from '../core/limits.ts';
import { MeantPeers } from '../core/send/meant-peers.ts';
import { neighbours } from '../core/send/neighbours.ts';
import { codeOfOutcomes, type SendOutcome } from '../core/send/send-outcome.ts';
import type { SendReporter } from '../core/send/send-reporter.ts';
import type { Context } from './context.ts';
import { type ReachedIndex, type ReachFlags, reachIndex } from './reach-index.ts';
import { createSendReporter } from './send-reporter.ts';
import { type SendComponents, sendToPeer } from './send-to-peer.ts';
import { createShareReporter } from './share-reporter.ts';

/** The flags of `cardume send`. */
export interface SendFlags extends ReachFlags {
  listen?: string;
  limitUp?: RateLimit;
  /** In milliseconds. */
  wait: number;
  insecure?: boolean;
  json?: boolean;
}

/**
 * Sends files and folders to peers: offers them, and serves them from a peer of its own to those who take them, until all are done.
 * Nothing of it is listed at the index.
 */
export async function sendFiles(args: string[], flags: SendFlags, context: Context): Promise<number> {
  const paths = args.slice(0, -1);
  const to = args.at(-1) ?? '';
  if (paths.length === 0)
    throw CardumeError.invalidField('PEER', 'name what to send first, and then to whom: a peer, or all');
  const meant = new MeantPeers(to);
  const reached = await reachIndex(flags, context);
  const index = reached.open();
  try {
    const receivers = await findReceivers(index, meant, context);
    return await sendToAll(paths, receivers, { reached, index }, flags, context);
  } finally {
    index.close();
    reached.close();
  }
}

async function findReceivers(index: IndexClient, meant: MeantPeers, { interruption }: Context): Promise<PeerInfo[]> {
  for await (const peer of index.listPeers({ signal: interruption.signal })) meant.see(peer);
  const peers = meant.result();
  if (peers.length > 0) return peers;
  throw new CardumeError('LEASE_UNKNOWN', 'no live peer takes what others send; cardume receive does');
}

async function sendToAll(
  paths: readonly string[],
  receivers: readonly PeerInfo[],
  { reached, index }: { reached: ReachedIndex; index: IndexClient },
  flags: SendFlags,
  context: Context,
): Promise<number> {
  const { interruption, nowMs } = context;
  const { signal } = interruption;
  const own = await reached.openShortLived();
  const network = own?.network;
  const hashing = createShareReporter(context, false);
  let givenBytes = 0;
  let peer: RunningPeer | undefined;
  let ways: OpenPaths | undefined;
  let peers: PeerPool | undefined;
  try {
    peer = await startPeer({
      paths: [...paths],
      unlisted: true,
      index: reached.addresses.map(formatAddress).join(','),
      network,
      listen: flags.listen ?? (reached.isHere ? '127.0.0.1:0' : '0.0.0.0:0'),
      insecure: flags.insecure ?? false,
      maxUploadBytesPerSecond: flags.limitUp,
      logLevel: 'silent',
      onEvent: (event) => {
        if (event.type === 'served') givenBytes += event.bytes;
        if (event.type === 'hashing' && flags.json !== true) hashing.onEvent(event);
      },
      signal,
    });
    context.terminal.clearStatus();
    const files = await whatIsSent(peer, paths, signal);
    const reporter = createSendReporter(context, flags.json === true, files);
    const tls = network && ((peerId: string | undefined) => network.tlsOfPeer(peerId));
    const { addresses } = reached;
    const { callBack } = peer;
    ways = openPathsWhenUsed({ index, addresses, network, tls, callBack });
    peers = new PeerPool({ tls, paths: ways });
    const components: SendComponents = {
      index,
      nowMs,
      peers,
      peerId: peer.peerId,
      port: peer.address.port,
      waitMs: flags.wait,
      signal,
    };
    const outcomes = await sendToEach(receivers, files, components, reporter);
    reporter.done(outcomes, givenBytes);
    return interruption.exitCode ?? codeOfOutcomes(outcomes);
  } finally {
    peers?.close();
    ways?.close();
    await peer?.stop(0);
    await own?.close();
  }
}

/** What the paths are shared as. A file that was written just now is hashed a moment later. */
async function whatIsSent(peer: RunningPeer, paths: readonly string[], signal: AbortSignal): Promise<SharedFile[]> {
  const files: SharedFile[] = [];
  const endMs = performance.now() + sendHashWaitMs;
  for (const path of paths) {
    let file = peer.sharedAs(resolve(path));
    while (file === undefined && performance.now() < endMs) {
      await sleep(100, undefined, { signal }).catch(() => signal.throwIfAborted());
      file = peer.sharedAs(resolve(path));
    }
    if (file === undefined) {
      const why = 'it is empty, still being written to, or has nothing that can be shared';
      throw CardumeError.invalidField('PATH', `${printable(path)} cannot be sent: ${why}`);
    }
    files.push(file);
  }
  return files;
}

/** To so many at once; each is told of others, from whom it gets what they have, too. */
async function sendToEach(
  receivers: readonly PeerInfo[],
  files: readonly SharedFile[],
  components: SendComponents,
  reporter: SendReporter,
): Promise<SendOutcome[]> {
  const outcomes: SendOutcome[] = [];
  const ids = receivers.map(({ peerId }) => peerId);
  const waiting = receivers.entries();
  const sendOn = async (): Promise<void> => {
    for (const [at, receiver] of waiting) {
      outcomes.push(...(await sendToPeer(receiver, files, neighbours(ids, at, maxSendsAtOnce), components, reporter)));
    }
  };
  await Promise.all(Array.from({ length: Math.min(maxSendsAtOnce, receivers.length) }, sendOn));
  return outcomes;
}
