import type { ExpectedServer } from '../../core/model/client-tls.ts';
import { anyPeerServerName, indexServerName, peerServerName } from '../../core/trust/server-names.ts';
import { cardumeErrorFrom } from '../../errors/from-unknown.ts';
import { checkIndexCertificate, checkPeerCertificate } from './check-peer-certificate.ts';

/** The name that a server is asked for by TLS (SNI), and that stock clients look for in its certificate. */
export function serverNameOf({ networkId, kind, peerId }: ExpectedServer): string {
  if (kind === 'index') return indexServerName(networkId);
  return peerId === undefined ? anyPeerServerName(networkId) : peerServerName(networkId, peerId);
}

/**
 * Why a server is not the one that was asked for; undefined when it is. TLS has verified the chain before.
 *
 * @param certificateDer the server's own
 */
export function problemOfServer(
  certificateDer: Uint8Array | undefined,
  { networkId, kind, peerId }: ExpectedServer,
): Error | undefined {
  try {
    if (kind === 'index') checkIndexCertificate(certificateDer, networkId);
    else checkPeerCertificate(certificateDer, networkId, peerId);
    return undefined;
  } catch (error) {
    return cardumeErrorFrom(error);
  }
}
