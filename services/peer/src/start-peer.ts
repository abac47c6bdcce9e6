import { resolve } from 'node:path';
import type { Duplex } from 'node:stream';
import { type Address, CardumeError, type ClientTls, openIndex, printable, type SharedFile } from '@cardume/client';
import type { Network } from '@cardume/client/trust';
import { TransferServiceDefinition } from '@cardume/proto/transfer/v1';
import {
  type CallGate,
  createCallerSlots,
  createLogger,
  createNetworkGate,
  createSlots,
  type Logger,
  maxCallsPerCaller,
  RevokedMembers,
  serve,
  startServer,
} from '@cardume/service-kit';
import { createCallBacks } from '@cardume/service-kit/relay';
import { openDigestCache } from './adapters/digest-cache.ts';
import { findAskedPath } from './adapters/find-asked-path.ts';
import { createHashPool } from './adapters/hash-pool.ts';
import { openIdentity } from './adapters/identity.ts';
import { openSharedFile } from './adapters/open-shared-file.ts';
import { openState } from './adapters/open-state.ts';
import { admitUploads } from './admit-uploads.ts';
import { BufferPool } from './core/buffer-pool.ts';
import { admitAll } from './core/fair/upload-admission.ts';
import {
  maxManifestStreams,
  maxOpenOffers,
  maxOpenOffersPerCaller,
  maxPieceWatchers,
  maxPieceWatchersPerCaller,
  notFoundYetMs,
} from './core/limits.ts';
import { manifestOfOnePiece } from './core/manifest-parts.ts';
import { createExclude } from './core/name-rules.ts';
import { PassedFiles } from './core/passed-files.ts';
import { noPeerMetrics } from './core/peer-metrics.ts';
import { PieceBoards } from './core/pieces/piece-boards.ts';
import { ShareList, sharedFileOf } from './core/share-list.ts';
import { createSeenShare } from './core/share-rights.ts';
import { defaultShareName, folderNames, nameOfAsked, planRoots } from './core/share-root.ts';
import { SharedFiles } from './core/shared-files.ts';
import { Uploads } from './core/uploads/uploads.ts';
import { createScan } from './create-scan.ts';
import { ShareFollower } from './follow-shares.ts';
import { createTransferService } from './handlers/transfer-service.ts';
import { JoinKeeper } from './keep-joined.ts';
import { RelayListener } from './listen-at-relays.ts';
import { openAudit, openControl, openCopyNotes, openInboxOf, openMetrics } from './open-when-wanted.ts';
import { advertisedAddress, type PeerOptions, type PeerSettings, withDefaults } from './peer-options.ts';
import { FolderSharer } from './share-folders.ts';
import { LooseFiles, type PartialInit, type PartialShare } from './share-partial.ts';
import { type ShareTeller, tellOfShare } from './tell-of-share.ts';
import { downloadBounds, paceOf, rateNowOrNone } from './upload-bounds.ts';

/** A peer that serves. */
export interface RunningPeer {
  /** Where it listens, with the port that was chosen. */
  readonly address: Address;
  /** Where it serves metrics; undefined when it was not asked to. */
  readonly metricsAddress: Address | undefined;
  /** 64 lower-case hex digits, made once and kept in the state folder, when there is one. */
  readonly peerId: string;
  /** Who may see and get what it shares, its own user among them; undefined: everybody. */
  readonly allowedUsers: readonly string[] | undefined;
  /** How many files it shares now, those included that it has in part. */
  readonly fileCount: number;
  /** How many folders it shares as one thing each. */
  readonly folderCount: number;
  /** Tells what it is doing. */
  readonly teller: ShareTeller;
  /**
   * Shares a file while it is being downloaded: its pieces are served, announced and listed at the index as they come.
   *
   * @example
   * ```ts
   * const share = await peer.sharePartial({ digest, sizeBytes, name, path: 'big.iso.cardume-part', manifest });
   * share.have(17); // written and verified
   * await share.whole('big.iso'); // all of it is, and the file has its name
   * ```
   *
   * @throws CardumeError INVALID_FIELD or UNSAFE_NAME for what cannot be shared; LIMIT_REACHED; SHUTTING_DOWN
   */
  sharePartial(partial: PartialInit): Promise<PartialShare>;
  /**
   * What a path that it was started with is shared as, as one thing; undefined while it is not: it is still being written to, is left
   * out, or is a folder that cannot be shared so.
   */
  sharedAs(path: string): SharedFile | undefined;
  /**
   * Has a peer that nobody can dial connect to this one, which the index reached: what goes over that connection is served by the
   * other one.
   *
   * @throws CardumeError NOT_ALLOWED when the index did not reach this peer, or there are no certificates; PEER_NOT_LISTENING
   */
  callBack(peerId: string): Promise<Duplex>;
  /**
   * Stops it: leaves the index (within 2 s), gives open downloads `drainMs` (default 2 s) to end, and lets go of the
   * port, the folders and the state. Safe to call twice.
   */
  stop(drainMs?: number): Promise<void>;
}

/**
 * Starts a peer: serves, scans and hashes what it shares, and joins the index.
 *
 * Resolves when it serves, every file has been hashed that is not being written to, and the index has the whole list or
 * could not be given it. An index that is away is no error: the peer serves on and keeps trying.
 *
 * @throws CardumeError INVALID_FIELD for options that cannot be met, a path that cannot be shared, a port or a state
 *   folder that is in use; LOCAL_IO_FAILED when the state folder cannot be used; CANCELLED when the signal fired
 */
export async function startPeer(options: PeerOptions): Promise<RunningPeer> {
  const settings = withDefaults(options);
  const logger = createLogger({
    service: 'peer',
    ...(options.logLevel === undefined ? {} : { level: options.logLevel }),
    ...(options.logFormat === undefined ? {} : { format: options.logFormat }),
  });
  const owned = new AsyncDisposableStack();
  try {
    return await assemble(settings, logger, owned, options.signal);
  } catch (error) {
    await owned.disposeAsync();
    throw error;
  }
}

/** Puts the parts together. What `owned` holds is stopped in the opposite order of its making. */
async function assemble(
  settings: PeerSettings,
  logger: Logger,
  owned: AsyncDisposableStack,
  signal: AbortSignal | undefined,
): Promise<RunningPeer> {
  const { onEvent, stateFolder, uploadSlots, uploadTurnMs } = settings;
  const nowMs = (): number => performance.now();
  const asked = await Promise.all(settings.paths.map(findAskedPath));
  const roots = planRoots(asked);
  const exclude = createExclude(settings.exclude);
  const shareName = settings.shareName ?? defaultShareName(asked);

  const database = owned.adopt(await openState(stateFolder), (opened) => opened.close());
  const { network, allowedUsers } = settings;
  const identity = openIdentity(database, network?.identity.peerId);
  const cache = openDigestCache(database);
  const client = owned.adopt(openIndex(settings.index, { tls: tlsOfIndex(network) }), (opened) => opened.close());

  // Each of the two tells the boards what becomes of a file, and these ask both what there is of it.
  const noteDigest = (digest: string): void => boards.changed(digest);
  const found = new ShareList(noteDigest);
  const loose = new ShareList(noteDigest);
  const folders = new ShareList(noteDigest);
  const received = new ShareList(noteDigest);
  const passed = new PassedFiles(noteDigest);
  // What is listed nowhere is found by those who know its digest, and has no name for anybody else.
  const files = settings.unlisted
    ? new SharedFiles(new ShareList(), loose, new ShareList(), [found, folders, received, passed])
    : new SharedFiles(found, loose, folders, [received, passed]);
  // Who downloaded from it before it was stopped asks at once, and need not look for another one.
  if (roots.length > 0) files.retryDelayMs = notFoundYetMs;
  const boards = new PieceBoards({ held: (digest) => files.held(digest), nowMs, after });
  const looseFiles = owned.adopt(
    new LooseFiles({ list: loose, files, boards, onChanged: (name) => keeper.noteChanged(name) }),
    (shared) => shared.close(),
  );
  const receivedFiles = owned.adopt(new LooseFiles({ list: received, files, boards, onChanged: () => {} }), (shared) =>
    shared.close(),
  );

  let drainMs: number | undefined;
  let stopping: Promise<void> | undefined;
  const { maxDownloads, maxDownloadsPerCaller } = downloadBounds(settings);
  const downloadSlots = createSlots(maxDownloads, 'maxDownloads');
  const manifestSlots = createSlots(maxManifestStreams, 'maxManifestStreams');
  const watchSlots = createSlots(maxPieceWatchers, 'maxPieceWatchers');
  const admission =
    uploadSlots === undefined ? admitAll : admitUploads({ count: uploadSlots, turnMs: uploadTurnMs, nowMs });
  // Metrics may be read before there is what keeps the peer joined.
  let isJoined = (): boolean => false;
  const state = () => ({
    fileCount: files.size,
    totalSizeBytes: files.totalSizeBytes,
    isJoined: isJoined(),
    slots: { download: downloadSlots, manifest: manifestSlots, watch: watchSlots, upload: admission.state() },
    waiting: admission.state().waiting,
  });
  const served = owned.adopt(await openMetrics(settings, state, logger), async (opened) => opened?.close());
  const metrics = served?.own ?? noPeerMetrics;
  const audit = owned.adopt(await openAudit(settings, logger, metrics), async (opened) => opened?.close());
  const uploads = new Uploads(nowMs);
  let ownAddress: Address | undefined;
  const callBack = async (peerId: string): Promise<Duplex> => {
    if (callBacks === undefined || !isReachable) {
      throw new CardumeError(
        'NOT_ALLOWED',
        'the index did not reach this peer, so that no other is told to connect to it',
      );
    }
    const { tunnelId, connected, cancel } = callBacks.expect(peerId);
    connected.catch(() => undefined);
    try {
      await client.askBack({ peerId, tunnelId });
      return await connected;
    } catch (error) {
      cancel();
      throw error;
    }
  };
  const inbox = owned.adopt(
    await openInboxOf(settings, callBack, {
      index: client,
      ownPeerId: identity.peerId,
      ownAddress: () => ownAddress,
      share: (partial) => receivedFiles.share(partial),
      passed,
      nowMs,
      logger,
    }),
    async (opened) => opened?.close(),
  );
  const service = createTransferService({
    boards,
    seenBy: createSeenShare({ files, shareName }, allowedUsers),
    peerId: identity.peerId,
    downloadSlots,
    callerSlots: createCallerSlots(maxDownloadsPerCaller, 'maxDownloadsPerCaller'),
    manifestSlots,
    watchSlots,
    watchCallerSlots: createCallerSlots(maxPieceWatchersPerCaller, 'maxPieceWatchersPerCaller'),
    offers: inbox?.offers,
    uploadedFiles: inbox?.uploads,
    offerSlots: createSlots(maxOpenOffers, 'maxOpenOffers'),
    offerCallerSlots: createCallerSlots(maxOpenOffersPerCaller, 'maxOpenOffersPerCaller'),
    openFile: (entry) => entry.folder?.open() ?? openSharedFile(entry),
    pool: new BufferPool(),
    pace: paceOf(settings, nowMs),
    admission,
    nowMs,
    uploads,
    metrics,
    manifestOf: (entries) => {
      const made = entries.find(({ partial, folder }) => partial ?? folder);
      const known = made?.partial?.manifest ?? made?.folder?.manifest ?? cache.manifest(entries);
      // What is passed on was verified, and not hashed by this peer.
      return known ?? (entries[0] && manifestOfOnePiece(entries[0]));
    },
    onChanged: (entry) => {
      metrics.fileChanged();
      // The list is empty, and so nothing is served, before the follower below has begun.
      follower?.noteChanged(entry);
      looseFiles.noteChanged(entry);
      receivedFiles.noteChanged(entry);
    },
    onServed: (entry, { offset, bytes }, call) => {
      const { name, digest, sizeBytes } = entry;
      const { callerAddress } = call;
      if (audit !== undefined) call.note({ name, digest, sizeBytes, offset, bytes });
      logger.debug({ name, bytes, callerAddress }, 'served');
      onEvent({ type: 'served', name: printable(name), bytes, callerAddress });
    },
  });
  const revoked = new RevokedMembers();
  const callBacks = network === undefined ? undefined : createCallBacks(after);
  const server = owned.adopt(
    await startServer({
      listen: settings.listen,
      insecure: settings.insecure,
      ...(settings.tls === undefined ? {} : { tls: settings.tls }),
      stallTimeoutMs: settings.stallTimeoutMs,
      maxConnections: settings.maxConnections,
      connectionsPerSecond: settings.connectionsPerSecond,
      callsPerSecond: settings.callsPerSecond,
      callBounds: { maxCallsPerCaller: Math.max(maxCallsPerCaller, maxDownloadsPerCaller + maxPieceWatchersPerCaller) },
      services: [serve(TransferServiceDefinition, service), ...(callBacks === undefined ? [] : [callBacks.service])],
      gate: network === undefined ? undefined : gateOf(network, revoked),
      logger,
      onRefusedConnection: served?.onRefusedConnection,
      calls: [served?.calls, audit?.calls].filter((calls) => calls !== undefined),
    }),
    (started) => started.stop(drainMs),
  );
  ownAddress = server.address;
  // Who sends learns that this peer stops, and not that it waits.
  owned.defer(() => inbox?.close());
  if (network !== undefined) owned.defer(network.onRenewed(() => server.renewTls(network.serverTls())));
  // Those who watch would keep a server that stops waiting for them.
  owned.defer(() =>
    boards.fail(new CardumeError('SHUTTING_DOWN', 'the peer is stopping; watch another', { retryDelayMs: 1_000 })),
  );

  const relayListener = owned.adopt(
    new RelayListener({
      peerId: identity.peerId,
      network,
      relays: async () => {
        const { relaysOf } = await import('@cardume/client/relay');
        return relaysOf(await client.relays(), settings.index, network);
      },
      inject: (connection) => server.inject(connection),
      connectionsPerSecond: settings.connectionsPerSecond,
      nowMs,
      random: Math.random,
      logger,
      onEvent,
    }),
    (listener) => listener.close(),
  );
  if (network !== undefined) owned.defer(network.onRenewed(() => relayListener.renew()));

  let isReachable = false;
  const { host, port } = advertisedAddress(settings.advertise, server.address);
  const keeper = owned.adopt(
    new JoinKeeper({
      client,
      identity,
      files,
      host,
      port,
      shareName,
      allowedUsers,
      tags: settings.tags,
      takesOffers: (settings.inbox?.otherwise ?? 'refuse') !== 'refuse',
      nowMs,
      random: Math.random,
      logger,
      metrics,
      onRevoked: (now) => revoked.replace(now),
      onReachable(reachable) {
        isReachable = reachable;
        relayListener.setNeeded(settings.listensAtRelays && !reachable);
      },
      onEvent,
    }),
    (kept) => kept.leave(),
  );
  isJoined = () => keeper.isJoined;
  const teller = tellOfShare({
    peerId: identity.peerId,
    shareName,
    address: server.address,
    files,
    isJoined,
    downloadSlots,
    uploadRateNow: rateNowOrNone(settings.maxUploadBytesPerSecond),
    uploads,
  });
  await openControl(settings, teller, owned, logger);
  /** What is listed nowhere is not told to the index, not even that it is gone. */
  const noteListed = (name: string): void => {
    if (!settings.unlisted) keeper.noteChanged(name);
  };
  const folderSharer = owned.adopt(
    new FolderSharer({
      files: found,
      folders,
      nameOf: folderNames(asked),
      isBusy: () => follower?.isBusy === true,
      nowMs,
      logger,
      onEvent,
      onChanged: noteListed,
    }),
    (sharer) => sharer.close(),
  );
  const copyNotes = await openCopyNotes(
    roots.length === 0 ? undefined : settings.copiesFolder,
    found,
    owned,
    logger,
    nowMs,
  );
  const follower =
    roots.length === 0
      ? undefined
      : owned.adopt(
          new ShareFollower({
            scan: await createScan(roots, exclude, settings),
            rootPaths: roots.map(({ realPath }) => realPath),
            list: found,
            cache,
            pool: createHashPool(settings.hashThreads),
            rescanIntervalMs: settings.rescanIntervalMs,
            nowMs,
            wallClockMs: Date.now,
            logger,
            onEvent,
            onChanged: (name) => {
              noteListed(name);
              folderSharer.noteFile(name);
            },
            onShared: (entry) => copyNotes?.note(entry),
            onScanned: (prefixes) => folderSharer.noteScan(prefixes),
          }),
          (followed) => followed.close(),
        );

  if (follower !== undefined) {
    await orAbort(follower.start(), signal);
    await orAbort(folderSharer.start(), signal);
    files.retryDelayMs = undefined;
  }
  await orAbort(keeper.start(), signal);
  return {
    address: server.address,
    metricsAddress: served?.address,
    peerId: identity.peerId,
    allowedUsers,
    teller,
    get fileCount() {
      return files.size;
    },
    get folderCount() {
      return files.folderCount;
    },
    sharePartial: (partial) => looseFiles.share(partial),
    sharedAs(path) {
      const { name, kind } = nameOfAsked(asked, resolve(path)) ?? { name: '', kind: 'file' };
      const entry = (kind === 'folder' ? folders : found).get(name);
      return entry === undefined ? undefined : sharedFileOf(entry);
    },
    callBack,
    stop(askedDrainMs) {
      drainMs ??= askedDrainMs;
      stopping ??= owned.disposeAsync();
      return stopping;
    },
  };
}

function tlsOfIndex(network: Network | undefined): (() => ClientTls) | undefined {
  return network === undefined ? undefined : () => network.tlsOfIndex();
}

const ofService = `/${TransferServiceDefinition.fullName}/`;
/** What needs more than to read. */
const sendingMethods = new Set(['Offer', 'Upload', 'GetUpload'].map((name) => ofService + name));

/** Lets members of the network in, and nobody else. */
function gateOf({ networkId }: Network, revoked: RevokedMembers): CallGate {
  return createNetworkGate({
    networkId,
    roleFor: (path) => (sendingMethods.has(path) ? 'member' : 'reader'),
    isRevoked: (member) => revoked.has(member),
    nowMs: () => Date.now(),
  });
}

/** Runs a task later. What keeps the process alive is the server, and not this. */
function after(delayMs: number, task: () => void): () => void {
  const timer = setTimeout(task, delayMs).unref();
  return () => clearTimeout(timer);
}

/** Waits for something, or for the signal. @throws CardumeError CANCELLED when that fires first */
async function orAbort(started: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  if (signal === undefined) return started;
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const cancel = (): void => reject(new CardumeError('CANCELLED', 'starting the peer was cancelled'));
  if (signal.aborted) cancel();
  signal.addEventListener('abort', cancel);
  try {
    await Promise.race([started, aborted]);
  } finally {
    signal.removeEventListener('abort', cancel);
  }
}
