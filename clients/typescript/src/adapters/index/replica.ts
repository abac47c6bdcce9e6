import { IndexServiceDefinition } from '@cardume/proto/index/v1';
import { type Address, formatAddress } from '../../core/address/address.ts';
import type { ClientTls } from '../../core/model/client-tls.ts';
import type { AskBack, RelayList } from '../../core/model/relay.ts';
import type { OpenChannel } from '../channel/open-channel.ts';
import { defaultDeadlineMs, type GrpcCallOptions, type GrpcClient, grpcClient } from '../grpc/grpc-client.ts';
import { openGrpcSession } from '../grpc/grpc-session.ts';
import { whileLimited } from '../grpc/while-limited.ts';
import { revokedOf } from './index-messages.ts';
import type { Replicas } from './replicas.ts';

type IndexService = GrpcClient<typeof IndexServiceDefinition>;

/** One address of an index. */
export interface Replica {
  readonly target: string;
  readonly service: IndexService;
  /** The relays that it names. */
  relays(options: GrpcCallOptions): Promise<RelayList>;
  /** Asks a peer to connect to the calling one. */
  askBack(request: AskBack, options: GrpcCallOptions): Promise<void>;
  /** For lists, which are sent as streams. */
  channel(): Promise<OpenChannel>;
  close(): void;
}

/** Opens one address of an index; it connects when it is asked. */
export function openReplica(address: Address, tls?: () => ClientTls): Replica {
  const target = formatAddress(address);
  const session = openGrpcSession(address, { role: 'index', tls });
  let channel: Promise<OpenChannel> | undefined;
  let certificate: string | undefined;
  // What it needs takes as long to load as Node itself, and only peers send lists.
  const openPublishing = async (): Promise<OpenChannel> => {
    const { openChannel } = await import('../channel/open-channel.ts');
    return openChannel(address, 'index', tls?.());
  };
  const closeChannel = (): void => {
    channel?.then(
      (open) => open.close(),
      () => undefined,
    );
    channel = undefined;
  };
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
    channel() {
      const current = tls?.().certificate;
      // Unlike a session, it goes on with the certificate that it began with.
      if (current !== certificate) closeChannel();
      certificate = current;
      channel ??= openPublishing();
      return channel;
    },
    close() {
      session.close();
      closeChannel();
    },
  };
}

type UnaryMethods = Omit<IndexService, 'publish' | 'watch'>;

/**
 * The methods of an index that may be asked twice, each of them at whichever replica answers; and again while that says that this
 * caller is beyond a bound, all within the time of one call.
 */
export function replicatedService(replicas: Replicas<Replica>): UnaryMethods {
  const unary = Object.entries(IndexServiceDefinition.methods).filter(
    ([, { requestStream, responseStream }]) => !requestStream && !responseStream,
  );
  const methods = unary.map(([key]) => {
    const call = (request: unknown, options: Omit<GrpcCallOptions, 'deadlineMs'> = {}): Promise<unknown> => {
      const endMs = performance.now() + defaultDeadlineMs;
      const ask = ({ service }: Replica, deadlineMs: number): Promise<unknown> => {
        const method = service[key as keyof UnaryMethods] as (asked: unknown, how: GrpcCallOptions) => Promise<unknown>;
        return method(request, { ...options, deadlineMs });
      };
      return whileLimited(() => replicas.ask(ask, endMs), { endMs, signal: options.signal });
    };
    return [key, call];
  });
  return Object.fromEntries(methods);
}
