import { IndexServiceDefinition } from '@cardume/proto/index/v1';
import { type Address, formatAddress } from '../../core/address/address.ts';
import type { ClientTls } from '../../core/model/client-tls.ts';
import type { OpenChannel } from '../channel/open-channel.ts';
import { type GrpcCallOptions, type GrpcClient, grpcClient } from '../grpc/grpc-client.ts';
import { openGrpcSession } from '../grpc/grpc-session.ts';
import type { Replicas } from './replicas.ts';

type IndexService = GrpcClient<typeof IndexServiceDefinition>;

/** One address of an index. */
export interface Replica {
  readonly target: string;
  readonly service: IndexService;
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
  return {
    target,
    service: grpcClient(IndexServiceDefinition, session, `index ${target}`),
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

/** The methods of an index that may be asked twice, each of them at whichever replica answers. */
export function replicatedService(replicas: Replicas<Replica>): UnaryMethods {
  const unary = Object.entries(IndexServiceDefinition.methods).filter(
    ([, { requestStream, responseStream }]) => !requestStream && !responseStream,
  );
  const methods = unary.map(([key]) => {
    const call = (request: unknown, options: Omit<GrpcCallOptions, 'deadlineMs'> = {}): Promise<unknown> =>
      replicas.ask(({ service }, deadlineMs) => {
        const method = service[key as keyof UnaryMethods] as (asked: unknown, how: GrpcCallOptions) => Promise<unknown>;
        return method(request, { ...options, deadlineMs });
      });
    return [key, call];
  });
  return Object.fromEntries(methods);
}
