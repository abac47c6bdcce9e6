/** A sum of sizes as others are told it: at most 2^53 - 1, the largest that all clients can read. */
export function toldSizeBytes(sum: string): number {
  return Math.min(Number(sum), Number.MAX_SAFE_INTEGER);
}
