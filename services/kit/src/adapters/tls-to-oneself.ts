import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { CardumeError, type ClientTls } from '@cardume/client';
import { openIdentityFolder } from '@cardume/client/trust';

/**
 * How a peer calls itself: with its own certificate, and only where whoever answers has that one, too.
 *
 * @param folder its identity, as `openIdentityFolder` keeps it; nothing is made there
 * @throws CardumeError CERTIFICATE_REFUSED before it has enrolled; what `openIdentityFolder` throws
 */
export async function tlsToOneself(folder: string): Promise<ClientTls> {
  const identity = existsSync(join(folder, 'certificate.pem')) ? await openIdentityFolder(folder) : undefined;
  if (identity?.membership === undefined) {
    throw new CardumeError('CERTIFICATE_REFUSED', `${folder} has no certificate: the peer has not enrolled yet`);
  }
  const { networkId, certificate, authorities } = identity.membership;
  return {
    authority: authorities,
    certificate,
    privateKey: identity.privateKey,
    expects: { kind: 'peer', networkId, peerId: identity.peerId },
  };
}
