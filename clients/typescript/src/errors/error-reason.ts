/**
 * Every reason that an error of Cardume can have, with the gRPC status that it travels under.
 *
 * The names are those of `cardume.errors.v1.ErrorReason` without their prefix; docs/errors.md says for each what
 * happened and what to do. A test keeps the three the same.
 */
export const statusOfReason = {
  INVALID_FIELD: 'INVALID_ARGUMENT',
  UNSAFE_NAME: 'INVALID_ARGUMENT',
  PAGE_TOKEN_INVALID: 'INVALID_ARGUMENT',
  LEASE_UNKNOWN: 'NOT_FOUND',
  LEASE_SECRET_WRONG: 'PERMISSION_DENIED',
  LIMIT_REACHED: 'RESOURCE_EXHAUSTED',
  FILE_NOT_SHARED: 'NOT_FOUND',
  FILE_CHANGED: 'FAILED_PRECONDITION',
  OFFSET_OUT_OF_RANGE: 'OUT_OF_RANGE',
  AMBIGUOUS: 'FAILED_PRECONDITION',
  SHUTTING_DOWN: 'UNAVAILABLE',
  STORAGE_FAILED: 'INTERNAL',
  INTERNAL: 'INTERNAL',
  UNREACHABLE: 'UNAVAILABLE',
  TIMED_OUT: 'DEADLINE_EXCEEDED',
  CANCELLED: 'CANCELLED',
  BYTES_MISMATCH: 'DATA_LOSS',
  NO_HOLDER_LEFT: 'UNAVAILABLE',
  TARGET_EXISTS: 'ALREADY_EXISTS',
  TARGET_BUSY: 'ABORTED',
  DISK_FULL: 'RESOURCE_EXHAUSTED',
  LOCAL_IO_FAILED: 'FAILED_PRECONDITION',
  NOT_ALLOWED: 'PERMISSION_DENIED',
  METHOD_UNKNOWN: 'UNIMPLEMENTED',
  PIECES_MISSING: 'FAILED_PRECONDITION',
  FOLDER_REFUSED: 'FAILED_PRECONDITION',
  CHANGES_GONE: 'OUT_OF_RANGE',
  STORAGE_UNAVAILABLE: 'UNAVAILABLE',
  CERTIFICATE_REFUSED: 'UNAUTHENTICATED',
  TOKEN_REFUSED: 'UNAUTHENTICATED',
  USER_UNKNOWN: 'NOT_FOUND',
  ISSUER_UNAVAILABLE: 'UNAVAILABLE',
  TRANSFER_UNKNOWN: 'NOT_FOUND',
  OFFER_REFUSED: 'PERMISSION_DENIED',
  PEER_NOT_LISTENING: 'NOT_FOUND',
  TUNNEL_UNKNOWN: 'NOT_FOUND',
} as const;

/** Why something failed, stably: switch on this, never on a message's text. */
export type ErrorReason = keyof typeof statusOfReason;

/** The gRPC status that an error travels under, by its standard name. */
export type StatusName = (typeof statusOfReason)[ErrorReason];

/** Whether a text from outside is one of our reasons. */
export function isErrorReason(text: string): text is ErrorReason {
  return Object.hasOwn(statusOfReason, text);
}
