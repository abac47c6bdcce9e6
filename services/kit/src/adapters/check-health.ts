import type { Address } from '@cardume/client';
import { openChannel } from '@cardume/client/channel';
import { HealthDefinition } from 'nice-grpc-server-health';

/** How long an answer may take. */
const timeoutMs = 3_000;
/** `SERVING` of grpc.health.v1.HealthCheckResponse.ServingStatus. */
const servingStatus = 1;

/**
 * Asks a server, over gRPC, whether it serves: `grpc.health.v1.Health/Check`.
 *
 * @param service a service's full name; empty: the server as a whole
 * @throws CardumeError UNREACHABLE or TIMED_OUT when nobody answers within 3 s
 */
export async function checkHealth(address: Address, service = ''): Promise<boolean> {
  const channel = openChannel(address, 'server');
  try {
    const { status } = await channel.client(HealthDefinition).check({ service }, { deadline: timeoutMs });
    return status === servingStatus;
  } finally {
    channel.close();
  }
}
