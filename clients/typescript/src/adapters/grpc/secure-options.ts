import { isIP } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import type { ClientTls } from '../../core/model/client-tls.ts';
import { problemOfServer, serverNameOf } from '../trust/check-expected-server.ts';

/**
 * How a connection is encrypted: TLS 1.3, HTTP/2 inside.
 *
 * AES with keys of 128 bits is asked for first: the processors that we know do it faster than with 256 bits, and nobody can
 * break either.
 */
export function secureOptions(tls: ClientTls, host: string): ConnectionOptions {
  const { authority: ca, certificate: cert, privateKey: key } = tls;
  return {
    ca,
    minVersion: 'TLSv1.3',
    ciphers: 'TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256',
    ALPNProtocols: ['h2'],
    ...serverCheck(tls, host),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  };
}

/** Whom the certificate must name: in a network a peer or the index, wherever it was dialled; elsewhere the host. */
function serverCheck(
  { expects }: ClientTls,
  host: string,
): Pick<ConnectionOptions, 'servername' | 'checkServerIdentity' | 'allowPartialTrustChain'> {
  // RFC 6066 has no place for an address there; the certificate is checked against it all the same.
  if (expects === undefined) return { servername: isIP(host) === 0 ? host : '' };
  return {
    servername: serverNameOf(expects),
    // A network's keys are trusted themselves, whoever has handed over to them.
    allowPartialTrustChain: true,
    checkServerIdentity: (_host, { raw }) => problemOfServer(raw, expects),
  };
}
