import {
  type Channel,
  ChannelCredentials,
  type Client,
  type CompatServiceDefinition,
  createChannel,
  createClientFactory,
} from 'nice-grpc';
import { type DeadlineOptions, deadlineMiddleware } from 'nice-grpc-client-middleware-deadline';
import { type Address, formatAddress } from '../../core/address/address.ts';
import type { ClientTls, ExpectedServer } from '../../core/model/client-tls.ts';
import { connectTimeoutMs } from '../../core/time/connect-timeout.ts';
import { problemOfServer, serverNameOf } from '../trust/check-expected-server.ts';
import { defaultDeadlineMiddleware } from './default-deadline-middleware.ts';
import { errorDetailsMiddleware } from './error-details-middleware.ts';
import { createErrorMiddleware } from './error-middleware.ts';

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
 * @param tls undefined: plaintext
 */
export function openChannel(address: Address, role: string, tls?: ClientTls): OpenChannel {
  const target = formatAddress(address);
  const channel: Channel = createChannel(target, credentialsOf(tls), {
    ...(tls?.expects === undefined ? {} : { 'grpc.ssl_target_name_override': serverNameOf(tls.expects) }),
    'grpc-node.flow_control_window': flowControlWindowBytes,
    // Else channels to one address share a connection where there are no certificates; a relay lets more be on its way on
    // one that has a single call.
    'grpc.use_local_subchannel_pool': 1,
    'grpc.min_reconnect_backoff_ms': connectTimeoutMs,
    'grpc.initial_reconnect_backoff_ms': 200,
    'grpc.max_reconnect_backoff_ms': 5_000,
    'grpc.keepalive_time_ms': 30_000,
    'grpc.keepalive_timeout_ms': 10_000,
    'grpc.enable_http_proxy': 0,
    // Else each host's name is asked for TXT records, too: nobody has such, and a process that is done waits 26 s for
    // a name server that does not answer.
    'grpc.service_config_disable_resolution': 1,
  });
  const factory = createClientFactory()
    .use(deadlineMiddleware)
    .use(defaultDeadlineMiddleware)
    .use(errorDetailsMiddleware)
    .use(createErrorMiddleware(`${role} ${target}`));
  return {
    target,
    client: (definition) => factory.create(definition, channel),
    close: () => channel.close(),
  };
}

function credentialsOf(tls: ClientTls | undefined): ChannelCredentials {
  if (tls === undefined) return ChannelCredentials.createInsecure();
  const { authority, certificate, privateKey, expects } = tls;
  const [key, chain] = [privateKey, certificate].map((pem) => (pem === undefined ? undefined : Buffer.from(pem)));
  const verifying = expects === undefined ? {} : { checkServerIdentity: identityCheck(expects) };
  return ChannelCredentials.createSsl(Buffer.from(authority), key, chain, verifying);
}

function identityCheck(expects: ExpectedServer): (host: string, certificate: { raw: Buffer }) => Error | undefined {
  return (_host, { raw }) => problemOfServer(raw, expects);
}
