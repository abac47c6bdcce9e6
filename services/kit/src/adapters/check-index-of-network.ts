import { readFile } from 'node:fs/promises';
import { type Address, CardumeError, cardumeErrorFrom } from '@cardume/client';
import { openChannel } from '@cardume/client/channel';
import { EnrollmentServiceDefinition } from '@cardume/proto/trust/v1';
import { healthTimeoutMs } from './check-health.ts';

/**
 * Asks the index of a network whether it answers: `EnrollmentService/GetNetwork`, which it answers without a certificate, as it
 * does not answer `grpc.health.v1`. It is one that the network's authority vouches for under the name that is dialled: `localhost`
 * is always in its certificate. Node warns of an address in place of a name.
 *
 * @param authoritiesPath the `authorities.pem` beside its authority
 * @throws CardumeError UNREACHABLE or TIMED_OUT when no such index answers within 3 s; LOCAL_IO_FAILED
 */
export async function checkIndexOfNetwork(address: Address, authoritiesPath: string): Promise<void> {
  const channel = openChannel(address, 'index', { authority: await readAuthorities(authoritiesPath) });
  try {
    const service = channel.client(EnrollmentServiceDefinition);
    const { networkId } = await service.getNetwork({}, { deadline: healthTimeoutMs });
    if (networkId === '') throw new CardumeError('UNREACHABLE', 'it answers, and is the index of no network');
  } finally {
    channel.close();
  }
}

async function readAuthorities(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw cardumeErrorFrom(error, path);
  }
}
