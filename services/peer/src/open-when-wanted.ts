// Parts that most peers go without: opened only for who wants them.
import type { Duplex } from 'node:stream';
import { type CardumeError, cardumeErrorFrom, formatAddress, type ProcessStatus } from '@cardume/client';
import { openCopies } from '@cardume/client/copies';
import type { Logger } from '@cardume/service-kit';
import type { PeerMetrics } from './core/peer-metrics.ts';
import type { ShareList } from './core/share-list.ts';
import { CopyNotes } from './note-copies.ts';
import type { OpenInbox, OpenInboxInit } from './open-inbox.ts';
import type { PeerSettings } from './peer-options.ts';
import type { ServePeerMetricsInit } from './serve-metrics.ts';
import type { ShareTeller } from './tell-of-share.ts';

/** Serves metrics where somebody wants them; elsewhere nothing of it is loaded. */
export async function openMetrics(
  { metrics: listen, insecure }: PeerSettings,
  state: ServePeerMetricsInit['state'],
  logger: Logger,
) {
  if (listen === undefined) return undefined;
  const { servePeerMetrics } = await import('./serve-metrics.ts');
  return servePeerMetrics({ listen, insecure, state, logger });
}

/** Keeps an audit log where somebody wants one; elsewhere nothing of it is loaded. */
export async function openAudit({ audit: path, allowedUsers }: PeerSettings, logger: Logger, metrics: PeerMetrics) {
  if (path === undefined) return undefined;
  const { openPeerAudit } = await import('./open-audit.ts');
  return openPeerAudit(path, allowedUsers, logger, metrics);
}

/** Lets its user ask what it is doing, where that is wanted. That it cannot is no reason not to share. */
export async function openControl(
  { controlFolder: folder, index }: PeerSettings,
  teller: ShareTeller,
  owned: AsyncDisposableStack,
  logger: Logger,
): Promise<void> {
  if (folder === undefined) return;
  const { serveControl } = await import('./serve-control.ts');
  const status = (): ProcessStatus => ({
    kind: 'share',
    pid: process.pid,
    startTime: new Date(performance.timeOrigin),
    index: index.map(formatAddress).join(','),
    share: teller.status(),
  });
  try {
    const source = { status, transfers: () => teller.transfers() };
    owned.adopt(await serveControl({ folder, source, logger }), (served) => served.close());
  } catch (error) {
    logger.info({ problem: cardumeErrorFrom(error, folder).message }, 'cardume status will not see this process');
  }
}

/** Opens the inbox where there is one; elsewhere nothing of it is loaded. */
export async function openInboxOf(
  { inbox: options, index: addresses, network, onEvent }: PeerSettings,
  callBack: (peerId: string) => Promise<Duplex>,
  init: Omit<OpenInboxInit, 'options' | 'tls' | 'paths' | 'onEvent'>,
): Promise<OpenInbox | undefined> {
  if (options === undefined) return undefined;
  const { openInbox } = await import('./open-inbox.ts');
  const { openPathsWhenUsed } = await import('@cardume/client/relay');
  const tls = network && ((peerId: string | undefined) => network.tlsOfPeer(peerId));
  const paths = openPathsWhenUsed({ index: init.index, addresses, network, tls, callBack });
  return openInbox({ ...init, options, onEvent, tls, paths });
}

/** Where the shared files are told of, when there are any. */
export async function openCopyNotes(
  folder: string | undefined,
  list: ShareList,
  owned: AsyncDisposableStack,
  logger: Logger,
  nowMs: () => number,
): Promise<CopyNotes | undefined> {
  if (folder === undefined) return undefined;
  const onProblem = ({ message }: CardumeError): void => logger.debug({ problem: message }, 'no catalogue of copies');
  const copies = owned.adopt(await openCopies({ folder, onProblem }), (opened) => opened.close());
  return owned.adopt(new CopyNotes({ copies, fileCount: () => list.size, nowMs }), (notes) => notes.close());
}
