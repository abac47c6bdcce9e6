import { createSecureContext, type SecureContextOptions } from 'node:tls';
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
  /** Lets callers in without a certificate, too; the server's gate says what they may call. Default: false. */
  isClientOptional?: boolean;
}

/** The credentials of a server, whose certificate may be renewed while it serves. */
export interface RenewableCredentials {
  credentials: ServerCredentials;
  /** Serves further connections with another certificate and other authorities; whether callers need one stays. */
  renew(tls: ServerTls): void;
}

/**
 * The credentials of a server.
 *
 * @param tls undefined: plaintext
 * @throws CardumeError INVALID_FIELD when certificate and key do not fit, or are none
 */
export function createServerCredentials(tls: ServerTls | undefined): RenewableCredentials {
  if (tls === undefined) return { credentials: ServerCredentials.createInsecure(), renew: () => undefined };
  const { clientAuthority: ca, isClientOptional = false } = tls;
  const options = ca === undefined ? {} : { requestCert: true, rejectUnauthorized: !isClientOptional };
  const credentials = new Tls13Credentials(options, contextOf(tls));
  return { credentials, renew: (renewed) => credentials.renew(contextOf(renewed)) };
}

/** @throws CardumeError INVALID_FIELD when certificate and key do not fit, or are none */
function contextOf({ certificate: cert, privateKey: key, clientAuthority: ca }: ServerTls): SecureContextOptions {
  const context = { cert, key, minVersion: 'TLSv1.3', ...(ca === undefined ? {} : { ca }) } as const;
  try {
    // OpenSSL looks at them here, so that a wrong one does not surface as a port that cannot be listened on.
    createSecureContext(context);
  } catch (error) {
    throw CardumeError.invalidField('tls', `the certificate or its key cannot be used: ${messageOf(error)}`);
  }
  return context;
}

/** As `ServerCredentials.createSsl` makes them, which has no option for the oldest TLS that is taken. */
class Tls13Credentials extends ServerCredentials {
  renew(context: SecureContextOptions): void {
    this.updateSecureContextOptions(context);
  }

  override _equals(other: ServerCredentials): boolean {
    return other === this;
  }
}
