import { type Address, CardumeError, type IndexClient } from '@cardume/client';
import { TransferServiceDefinition } from '@cardume/proto/transfer/v1';
import { type RevokedMembers, type RunningServer, serve, startServer } from '@cardume/service-kit';
import { nowMs } from './adapters/system-clock.ts';
import { type AnswerTransfersInit, answerTransfers } from './answer-transfers.ts';
import { createMemberGate } from './member-gate.ts';
import { openInboxOf } from './open-when-wanted.ts';
import type { PeerCallBacks } from './peer-call-backs.ts';

/** What a peer serves, and to whom. */
export interface ServeShareInit extends Omit<AnswerTransfersInit, 'inbox'> {
  client: IndexClient;
  callBacks: PeerCallBacks;
  /** Whose certificates are refused. */
  revoked: RevokedMembers;
  /** How long open calls have to end when it stops, in milliseconds; undefined: as long as usual. */
  drainMs: () => number | undefined;
}

/**
 * Serves what a peer shares, and takes what others send.
 *
 * It stops like this: who watches pieces, and who sends, is told that the peer stops; then the server drains; and then the inbox
 * is closed, if it was not yet.
 *
 * @throws CardumeError INVALID_FIELD for an inbox that cannot be, or when it may not or cannot listen there
 */
export async function serveShare(init: ServeShareInit, owned: AsyncDisposableStack): Promise<RunningServer> {
  const { settings, peerId, share, bounds, records, client, callBacks, revoked, drainMs, logger } = init;
  const { network } = settings;
  // The server serves the inbox, which names the server's address to those who receive the same as it does.
  let ownAddress: Address | undefined;
  const inbox = owned.adopt(
    await openInboxOf(settings, callBacks.callBack, {
      index: client,
      ownPeerId: peerId,
      ownAddress: () => ownAddress,
      share: (partial) => share.received.share(partial),
      passed: share.passed,
      nowMs,
      logger,
    }),
    async (opened) => opened?.close(),
  );
  const service = answerTransfers({ ...init, inbox });
  const server = owned.adopt(
    await startServer({
      listen: settings.listen,
      insecure: settings.insecure,
      ...(settings.tls === undefined ? {} : { tls: settings.tls }),
      stallTimeoutMs: settings.stallTimeoutMs,
      maxConnections: settings.maxConnections,
      connectionsPerSecond: settings.connectionsPerSecond,
      callsPerSecond: settings.callsPerSecond,
      callBounds: { maxCallsPerCaller: bounds.callsPerCaller },
      services: [serve(TransferServiceDefinition, service), ...callBacks.services],
      gate: network === undefined ? undefined : createMemberGate(network.networkId, revoked),
      logger,
      onRefusedConnection: records.onRefusedConnection,
      calls: records.calls,
    }),
    (started) => started.stop(drainMs()),
  );
  ownAddress = server.address;
  // Who sends learns that this peer stops, and not that it waits.
  owned.defer(() => inbox?.close());
  if (network !== undefined) owned.defer(network.onRenewed(() => server.renewTls(network.serverTls())));
  // Those who watch would keep a server that stops waiting for them.
  owned.defer(() =>
    share.boards.fail(
      new CardumeError('SHUTTING_DOWN', 'the peer is stopping; watch another', { retryDelayMs: 1_000 }),
    ),
  );
  return server;
}
