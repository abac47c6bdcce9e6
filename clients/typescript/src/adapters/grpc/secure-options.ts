import { isIP } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import type { ClientTls } from '../../core/model/client-tls.ts';

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
    // RFC 6066 has no place for an address there; the certificate is checked against it all the same.
    servername: isIP(host) === 0 ? host : '',
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  };
}
