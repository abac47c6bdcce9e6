import { CardumeError, cardumeErrorFrom, type ErrorReason, messageOf } from '@cardume/client/errors';
import type { FoundPage, SearchRequest } from '../../core/search/search-files.ts';

/** What a search thread is told. */
export type ToSearchThread =
  | { kind: 'search'; id: number; user: string | undefined; request: SearchRequest; nowMs: number }
  /** Its caller has gone. */
  | { kind: 'abort'; id: number }
  | { kind: 'stop' };

/** What it answers to a search that nobody aborted. */
export type FromSearchThread =
  | { kind: 'found'; id: number; page: FoundPage }
  | { kind: 'failed'; id: number; failure: SearchFailure };

/** What of an error another thread needs: of copies of errors only the message is left. */
export interface SearchFailure {
  reason: ErrorReason;
  message: string;
  details: Pick<CardumeError, 'metadata' | 'fieldViolations'> & { cause?: string };
}

/** Takes apart whatever was thrown. */
export function failureOfError(thrown: unknown): SearchFailure {
  const { reason, message, metadata, fieldViolations, cause } = cardumeErrorFrom(thrown);
  return {
    reason,
    message,
    details: { metadata, fieldViolations, ...(cause === undefined ? {} : { cause: messageOf(cause) }) },
  };
}

/** Puts it together again. */
export function errorOfFailure({ reason, message, details }: SearchFailure): CardumeError {
  return new CardumeError(reason, message, details);
}
