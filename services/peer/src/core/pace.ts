/**
 * Passes the bytes of a download on, as fast as they may leave.
 *
 * @throws the signal's reason, also while waiting
 */
export type Pace = (chunks: AsyncIterable<Uint8Array>, signal: AbortSignal) => AsyncIterable<Uint8Array>;
