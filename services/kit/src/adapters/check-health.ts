import type { Address, ClientTls } from '@cardume/client';
import { openChannel } from '@cardume/client/channel';
import { HealthDefinition } from 'nice-grpc-server-health';

/** How long an answer may take. */
export const healthTimeoutMs = 3_000;
/** `SERVING` of grpc.health.v1.HealthCheckResponse.ServingStatus. */
const servingStatus = 1;

/** What is asked about, and how. */
export interface CheckHealthOptions {
  /** A service's full name. Default: the server as a whole. */
  service?: string;
  /** Default: plaintext. */
  tls?: ClientTls;
}

/**
 * Asks a server, over gRPC, whether it serves: `grpc.health.v1.Health/Check`.
 *
 * @throws CardumeError UNREACHABLE or TIMED_OUT when nobody answers within 3 s; CERTIFICATE_REFUSED
 */
export async function checkHealth(address: Address, { service = '', tls }: CheckHealthOptions = {}): Promise<boolean> {
  const channel = openChannel(address, 'server', tls);
  try {
    const { status } = await channel.client(HealthDefinition).check({ service }, { deadline: healthTimeoutMs });
    return status === servingStatus;
  } finally {
    channel.close();
  }
}
