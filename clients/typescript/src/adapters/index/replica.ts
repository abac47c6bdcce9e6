import { IndexServiceDefinition } from '@cardume/proto/index/v1';
import type { Client } from 'nice-grpc';
import type { DeadlineOptions } from 'nice-grpc-client-middleware-deadline';
import { type Address, formatAddress } from '../../core/address/address.ts';
import type { ClientTls } from '../../core/model/client-tls.ts';
import type { AskBack, RelayList } from '../../core/model/relay.ts';
import type { OpenChannel } from '../channel/open-channel.ts';
import { ReopenedChannel } from '../channel/reopened-channel.ts';
import { type GrpcCallOptions, type GrpcClient, grpcClient } from '../grpc/grpc-client.ts';
import { openGrpcSession } from '../grpc/grpc-session.ts';
import { revokedOf } from './index-messages.ts';

type IndexService = GrpcClient<typeof IndexServiceDefinition>;

type PublishingClient = Client<typeof IndexServiceDefinition, DeadlineOptions>;

/** One address of an index. */
export interface Replica {
  readonly target: string;
  readonly service: IndexService;
  /** The relays that it names. */
  relays(options: GrpcCallOptions): Promise<RelayList>;
  /** Asks a peer to connect to the calling one. */
  askBack(request: AskBack, options: GrpcCallOptions): Promise<void>;
  /** Does something with the client for lists, which are sent as streams. */
  send<Result>(action: (service: PublishingClient) => Promise<Result>): Promise<Result>;
  close(): void;
}

/** Opens one address of an index; it connects when it is asked. */
export function openReplica(address: Address, tls?: () => ClientTls): Replica {
  const target = formatAddress(address);
  const session = openGrpcSession(address, { role: 'index', tls });
  // What it needs takes as long to load as Node itself, and only peers send lists.
  const openPublishing = async (): Promise<OpenChannel> => {
    const { openChannel } = await import('../channel/open-channel.ts');
    return openChannel(address, 'index', tls?.());
  };
  // Unlike a session, a channel goes on with the certificate that it began with, and waits long on a path that broke.
  const publishing = new ReopenedChannel(openPublishing, () => `${session.lostCount} ${tls?.().certificate}`);
  const relayService = async () => {
    // Who meets no hidden peer has no use for it.
    const { RelayServiceDefinition } = await import('@cardume/proto/relay/v1');
    return grpcClient(RelayServiceDefinition, session, `index ${target}`);
  };
  return {
    target,
    service: grpcClient(IndexServiceDefinition, session, `index ${target}`),
    async askBack(request, options) {
      await (await relayService()).askBack(request, options);
    },
    async relays(options) {
      const { revocations, ...rest } = await (await relayService()).listRelays({}, options);
      return { ...rest, revoked: revokedOf(revocations) };
    },
    send: (action) => publishing.use((channel) => action(channel.client(IndexServiceDefinition))),
    close() {
      session.close();
      publishing.close();
    },
  };
}
