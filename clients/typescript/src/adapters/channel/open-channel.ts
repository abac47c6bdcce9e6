import {
  type Channel,
  ChannelCredentials,
  type Client,
  type CompatServiceDefinition,
  createChannel,
  createClientFactory,
} from 'nice-grpc';
import { type DeadlineOptions, deadlineMiddleware } from 'nice-grpc-client-middleware-deadline';
import { errorDetailsClientMiddleware } from 'nice-grpc-error-details';
import { type Address, formatAddress } from '../../core/address/address.ts';
import { defaultDeadlineMiddleware } from './default-deadline-middleware.ts';
import { createErrorMiddleware } from './error-middleware.ts';

/** How long one attempt to connect may take: a peer that accepts TCP and says nothing costs this, not minutes. */
export const connectTimeoutMs = 5_000;
// The receiver's window bounds a stream to window / round-trip time: grpc's 64 KiB give 1.4 MiB/s at 20 ms, 8 MiB
// give 92 MiB/s at 10 ms. It is also what a stalled reader can make this process hold.
const flowControlWindowBytes = 8 * 1024 * 1024;

/** A connection to one server; clients of its services are made from it. */
export interface OpenChannel {
  /** Whom it leads to: `HOST:PORT`. */
  readonly target: string;
  /** A client of one service, whose errors are all CardumeErrors and whose unary calls have a deadline. */
  client<Service extends CompatServiceDefinition>(definition: Service): Client<Service, DeadlineOptions>;
  /** Closes the connection; calls under way fail with CANCELLED. */
  close(): void;
}

/**
 * Opens a channel; it connects on the first call, and by itself again when the connection was lost.
 *
 * @param role what the other side is, for messages: `index`, `peer`
 */
export function openChannel(address: Address, role: string): OpenChannel {
  const target = formatAddress(address);
  const channel: Channel = createChannel(target, ChannelCredentials.createInsecure(), {
    'grpc-node.flow_control_window': flowControlWindowBytes,
    'grpc.min_reconnect_backoff_ms': connectTimeoutMs,
    'grpc.initial_reconnect_backoff_ms': 200,
    'grpc.max_reconnect_backoff_ms': 5_000,
    'grpc.keepalive_time_ms': 30_000,
    'grpc.keepalive_timeout_ms': 10_000,
    'grpc.enable_http_proxy': 0,
  });
  const factory = createClientFactory()
    .use(deadlineMiddleware)
    .use(defaultDeadlineMiddleware)
    .use(errorDetailsClientMiddleware)
    .use(createErrorMiddleware(`${role} ${target}`));
  return {
    target,
    client: (definition) => factory.create(definition, channel),
    close: () => channel.close(),
  };
}
