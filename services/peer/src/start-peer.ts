import { resolve } from 'node:path';
import { openIndex } from '@cardume/client';
import { createLogger, type Logger, RevokedMembers } from '@cardume/service-kit';
import { openDigestCache } from './adapters/digest-cache.ts';
import { findAskedPath } from './adapters/find-asked-path.ts';
import { openIdentity } from './adapters/identity.ts';
import { openState } from './adapters/open-state.ts';
import { nowMs } from './adapters/system-clock.ts';
import { createExclude } from './core/name-rules.ts';
import { sharedFileOf } from './core/share-list.ts';
import { defaultShareName, folderNames, nameOfAsked, planRoots } from './core/share-root.ts';
import { Uploads } from './core/uploads/uploads.ts';
import { followPaths } from './follow-paths.ts';
import { openJoinKeeper } from './open-join-keeper.ts';
import { openRecords } from './open-records.ts';
import { openRelayListener } from './open-relay-listener.ts';
import { openShare } from './open-share.ts';
import { openControl } from './open-when-wanted.ts';
import { orAbort } from './or-abort.ts';
import { createPeerCallBacks } from './peer-call-backs.ts';
import { type PeerOptions, type PeerSettings, withDefaults } from './peer-options.ts';
import type { RunningPeer } from './running-peer.ts';
import { serveShare } from './serve-share.ts';
import { tellOfShare } from './tell-of-share.ts';
import { createTransferBounds } from './transfer-bounds.ts';
import { rateNowOrNone } from './upload-bounds.ts';

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
  const { network, allowedUsers } = settings;
  const asked = await Promise.all(settings.paths.map(findAskedPath));
  const roots = planRoots(asked);
  const exclude = createExclude(settings.exclude);
  const shareName = settings.shareName ?? defaultShareName(asked);

  const database = owned.adopt(await openState(settings.stateFolder), (opened) => opened.close());
  const identity = openIdentity(database, network?.identity.peerId);
  const { peerId } = identity;
  const cache = openDigestCache(database);
  const tls = network && (() => network.tlsOfIndex());
  const client = owned.adopt(openIndex(settings.index, { tls }), (opened) => opened.close());

  const share = openShare(settings, owned);
  const { files, loose, found, folders } = share;
  const bounds = createTransferBounds(settings);
  // What keeps the peer joined counts its renewals in the metrics, which may be read before it is there.
  let isJoined = (): boolean => false;
  const state = () => ({
    fileCount: files.size,
    totalSizeBytes: files.totalSizeBytes,
    isJoined: isJoined(),
    ...bounds.state(),
  });
  const records = await openRecords(settings, state, owned, logger);

  const uploads = new Uploads(nowMs);
  const revoked = new RevokedMembers();
  const callBacks = createPeerCallBacks(client, network !== undefined);
  // Said by a stop; until then, as when a start fails, it is as long as usual.
  let drainMs: number | undefined;
  const server = await serveShare(
    {
      ...{ settings, peerId, shareName, share, cache, bounds, uploads, records, client, callBacks, revoked, logger },
      drainMs: () => drainMs,
    },
    owned,
  );
  const relayListener = openRelayListener(settings, { peerId, client, server, logger }, owned);

  const keeper = openJoinKeeper(
    settings,
    {
      ...{ client, identity, files, shareName, listening: server.address, metrics: records.metrics, logger },
      onRevoked: (now) => revoked.replace(now),
      onReachable(reachable) {
        callBacks.setReachable(reachable);
        relayListener.setNeeded(settings.listensAtRelays && !reachable);
      },
    },
    owned,
  );
  isJoined = () => keeper.isJoined;
  share.onListed((name) => keeper.noteChanged(name));

  const teller = tellOfShare({
    peerId,
    shareName,
    address: server.address,
    files,
    isJoined,
    downloadSlots: bounds.components.downloadSlots,
    uploadRateNow: rateNowOrNone(settings.maxUploadBytesPerSecond),
    uploads,
  });
  await openControl(settings, teller, owned, logger);
  if (roots.length > 0) {
    const nameOfFolder = folderNames(asked);
    await followPaths({ settings, roots, exclude, nameOfFolder, share, cache, logger, signal }, owned);
  }
  await orAbort(keeper.start(), signal);

  let stopping: Promise<void> | undefined;
  return {
    address: server.address,
    metricsAddress: records.metricsAddress,
    peerId,
    allowedUsers,
    teller,
    get fileCount() {
      return files.size;
    },
    get folderCount() {
      return files.folderCount;
    },
    sharePartial: (partial) => loose.share(partial),
    sharedAs(path) {
      const { name, kind } = nameOfAsked(asked, resolve(path)) ?? { name: '', kind: 'file' };
      const entry = (kind === 'folder' ? folders : found).get(name);
      return entry === undefined ? undefined : sharedFileOf(entry);
    },
    callBack: callBacks.callBack,
    stop(askedDrainMs) {
      drainMs ??= askedDrainMs;
      stopping ??= owned.disposeAsync();
      return stopping;
    },
  };
}
