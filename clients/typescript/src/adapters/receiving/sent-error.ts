import { HolderFailure } from '../../core/download/holder-failure.ts';
import { CardumeError, errnoOf, messageOf } from '../../errors/cardume-error.ts';
import type { SentError } from './thread-messages.ts';

/** Takes apart what was thrown: an error loses its class, its code and what else it has on its way between threads. */
export function toSentError(thrown: unknown): SentError {
  const error = thrown instanceof HolderFailure ? thrown.error : thrown;
  if (!CardumeError.is(error)) return { kind: 'other', code: errnoOf(error), message: messageOf(error) };
  const { reason, message, metadata, fieldViolations, retryDelayMs } = error;
  const details = { metadata, fieldViolations, ...(retryDelayMs === undefined ? {} : { retryDelayMs }) };
  return { kind: 'cardume', isHolders: thrown instanceof HolderFailure, reason, message, details };
}

/** Puts it together again. */
export function fromSentError(sent: SentError): unknown {
  if (sent.kind === 'other') return Object.assign(new Error(sent.message), { code: sent.code });
  const error = new CardumeError(sent.reason, sent.message, sent.details);
  return sent.isHolders ? new HolderFailure(error) : error;
}
