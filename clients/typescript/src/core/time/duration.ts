/** `google.protobuf.Duration`, as messages have it. */
export interface WireDuration {
  seconds: number;
  /** Of the same sign as `seconds`, below 10^9. */
  nanos: number;
}

/** Milliseconds of a duration from a message; 0 when it is absent. */
export function msFromDuration(duration: WireDuration | undefined): number {
  return duration === undefined ? 0 : duration.seconds * 1000 + duration.nanos / 1e6;
}

/** A duration for a message. */
export function durationFromMs(ms: number): WireDuration {
  const seconds = Math.trunc(ms / 1000);
  return { seconds, nanos: Math.round((ms - seconds * 1000) * 1e6) };
}
