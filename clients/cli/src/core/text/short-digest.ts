/** The first 12 hex digits of a digest or an id: enough to tell a million apart, and more than commands ask for. */
export function shortDigest(digest: string): string {
  return digest.slice(0, 12);
}
