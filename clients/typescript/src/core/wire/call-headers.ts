// gRPC's header has eight digits.
const maxTimeoutMs = 99_999_999;
const userAgent = 'cardume';

/** What the headers of a call say. */
export interface CallHeadersInit {
  scheme: string;
  authority: string;
  /** `/PACKAGE.SERVICE/METHOD`. */
  path: string;
  /** How long the server has, in milliseconds; undefined: for ever. */
  deadlineMs: number | undefined;
  /** What the call says besides: names in lower case, and texts. */
  metadata: Readonly<Record<string, string>> | undefined;
}

/** The HTTP/2 headers of a call of gRPC. What gRPC says itself goes before metadata of the same name. */
export function callHeaders({
  scheme,
  authority,
  path,
  deadlineMs,
  metadata,
}: CallHeadersInit): Record<string, string> {
  return {
    ...metadata,
    ':method': 'POST',
    ':scheme': scheme,
    ':authority': authority,
    ':path': path,
    'content-type': 'application/grpc+proto',
    te: 'trailers',
    'user-agent': userAgent,
    ...(deadlineMs === undefined ? {} : { 'grpc-timeout': `${Math.min(Math.ceil(deadlineMs), maxTimeoutMs)}m` }),
  };
}
