import { createSecureContext } from 'node:tls';
import { CardumeError, messageOf } from '@cardume/client';
import { ServerCredentials } from '@grpc/grpc-js';

/** With what a server serves TLS 1.3, each in PEM. */
export interface ServerTls {
  /** Its certificate, and those between it and the authority that callers trust. */
  certificate: string | Buffer;
  privateKey: string | Buffer;
  /**
   * The authority that callers' certificates are signed by: who has none is refused. Default: callers need none.
   */
  clientAuthority?: string | Buffer;
}

/**
 * The credentials of a server.
 *
 * @param tls undefined: plaintext
 * @throws CardumeError INVALID_FIELD when certificate and key do not fit, or are none
 */
export function createServerCredentials(tls: ServerTls | undefined): ServerCredentials {
  if (tls === undefined) return ServerCredentials.createInsecure();
  const { certificate: cert, privateKey: key, clientAuthority: ca } = tls;
  const context = { cert, key, minVersion: 'TLSv1.3', ...(ca === undefined ? {} : { ca }) } as const;
  try {
    // OpenSSL looks at them here, so that a wrong one does not surface as a port that cannot be listened on.
    createSecureContext(context);
  } catch (error) {
    throw CardumeError.invalidField('tls', `the certificate or its key cannot be used: ${messageOf(error)}`);
  }
  const options = ca === undefined ? {} : { requestCert: true, rejectUnauthorized: true };
  return new Tls13Credentials(options, context);
}

/** As `ServerCredentials.createSsl` makes them, which has no option for the oldest TLS that is taken. */
class Tls13Credentials extends ServerCredentials {
  override _equals(other: ServerCredentials): boolean {
    return other === this;
  }
}
