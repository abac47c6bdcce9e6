import { CardumeError, errnoOf, messageOf } from '../../errors/cardume-error.ts';
import { cutRetryDelayMs, wasCutAtOnce } from './cut-connection.ts';

/**
 * The error of a connection that could not be made, or broke, for what Node says of it.
 *
 * @param who whom it leads to, for the message: `peer HOST:PORT`
 * @param thrown an error of a socket, of TLS, or of HTTP/2
 * @param isGreeted whether the other side had said something in HTTP/2
 */
export function connectionError(who: string, thrown: unknown, isGreeted: boolean): CardumeError {
  // A stream that never began tells why in its cause: that the connection could not be made.
  const error = errnoOf(thrown) === 'ERR_HTTP2_STREAM_CANCEL' ? ((thrown as Error).cause ?? thrown) : thrown;
  // The check of its certificate: it is another one than was asked for.
  if (CardumeError.is(error)) {
    return new CardumeError(error.reason, `${who}: ${error.message}`, { metadata: error.metadata, cause: error });
  }
  const code = errnoOf(error) ?? '';
  if (code.startsWith('ERR_SSL_TLSV13_ALERT_CERTIFICATE') || code === 'ERR_SSL_TLSV1_ALERT_UNKNOWN_CA') {
    return new CardumeError('CERTIFICATE_REFUSED', `${who} lets in only members of its network; use an invite`, {
      cause: error,
    });
  }
  if (code.startsWith('ERR_HTTP2_')) {
    return new CardumeError('UNREACHABLE', `${who} does not speak HTTP/2 as peers do (${code})`, { cause: error });
  }
  return new CardumeError('UNREACHABLE', `${who} does not answer (${code === '' ? messageOf(error) : code})`, {
    cause: error,
    ...(!isGreeted && wasCutAtOnce(error) ? { retryDelayMs: cutRetryDelayMs } : {}),
  });
}
