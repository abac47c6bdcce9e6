import { CardumeError } from '../../errors/cardume-error.ts';

// The codes of HTTP/2 (RFC 9113, section 7).
const noError = 0;
const refusedStream = 7;
const enhanceYourCalm = 11;

/**
 * The error of a call whose stream the server ended before its time.
 *
 * @param who whose stream it was, for the message: `peer HOST:PORT`
 * @param resetCode the code of HTTP/2 that it was reset with; undefined: the connection ended with it
 */
export function streamReset(who: string, resetCode: number | undefined): CardumeError {
  if (resetCode === enhanceYourCalm) {
    return new CardumeError('LIMIT_REACHED', `${who} has too much to do; try again`);
  }
  const isReset = resetCode !== undefined && resetCode !== noError;
  const how = isReset ? ` (HTTP/2 reset ${resetCode})` : '';
  return new CardumeError('UNREACHABLE', `${who} ended the connection in the middle${how}`, {
    metadata: isReset ? { http2_reset: String(resetCode) } : {},
  });
}

/** Whether a call failed so that the server has not begun with it, as HTTP/2 promises: it may be made again, whatever it does. */
export function isUnbegun(error: unknown): boolean {
  return CardumeError.is(error) && error.metadata.http2_reset === String(refusedStream);
}
