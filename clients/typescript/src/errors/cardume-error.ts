import { type ErrorReason, type StatusName, statusOfReason } from './error-reason.ts';

/** A field of a request that is malformed, as in `google.rpc.BadRequest`. */
export interface FieldViolation {
  /** The field's path in the contract's own names, such as `files[3].name`. */
  field: string;
  /** What is wrong with it, and what it should be. */
  description: string;
}

/** What an error says besides its reason and message; all of it travels to the caller but `cause`. */
export interface CardumeErrorDetails {
  /** Facts for programs: each dynamic part of the message, as text (AIP-193). */
  metadata?: Record<string, string>;
  fieldViolations?: FieldViolation[];
  /** In how many milliseconds trying again makes sense. */
  retryDelayMs?: number;
  /** What was caught; for logs of this process only, never sent. */
  cause?: unknown;
}

const brand = Symbol.for('cardume.error');

/**
 * The one error of Cardume, on both sides of a call.
 *
 * Its message names the thing and the next step, and holds no path, stack or errno of another machine.
 */
export class CardumeError extends Error {
  override readonly name = 'CardumeError';
  readonly reason: ErrorReason;
  readonly metadata: Record<string, string>;
  readonly fieldViolations: FieldViolation[];
  readonly retryDelayMs: number | undefined;
  readonly [brand] = true;

  constructor(reason: ErrorReason, message: string, details: CardumeErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.reason = reason;
    this.metadata = details.metadata ?? {};
    this.fieldViolations = details.fieldViolations ?? [];
    this.retryDelayMs = details.retryDelayMs;
  }

  /** The gRPC status that this error travels under. */
  get code(): StatusName {
    return statusOfReason[this.reason];
  }

  /** An error for one malformed field. */
  static invalidField(field: string, description: string, reason: ErrorReason = 'INVALID_FIELD'): CardumeError {
    return new CardumeError(reason, `${field}: ${description}`, {
      metadata: { field },
      fieldViolations: [{ field, description }],
    });
  }

  /**
   * Whether a value is a CardumeError, also one of another copy of this package or another realm (jest runs tests in
   * realms of their own, where `instanceof` lies).
   */
  static is(value: unknown): value is CardumeError {
    return typeof value === 'object' && value !== null && brand in value;
  }
}

/** The `code` of an error of Node (`ENOENT`, `ABORT_ERR`, …), or undefined. */
export function errnoOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** The message of whatever was thrown. */
export function messageOf(error: unknown): string {
  if (typeof error === 'object' && error !== null && 'message' in error && typeof error.message === 'string') {
    return error.message;
  }
  return String(error);
}
