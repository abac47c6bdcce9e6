/** Errors alone: `@cardume/client/errors`. It loads no gRPC. */
export {
  CardumeError,
  type CardumeErrorDetails,
  errnoOf,
  type FieldViolation,
  messageOf,
} from './errors/cardume-error.ts';
export { type ErrorReason, isErrorReason, type StatusName, statusOfReason } from './errors/error-reason.ts';
export { cardumeErrorFrom, errorDomain, isAbort } from './errors/from-unknown.ts';
