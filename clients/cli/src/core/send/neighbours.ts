/**
 * The receivers of whom one is told: of all others, or of the nearest in a ring, half of them on each side. So each is told of those
 * that are told of it: with certificates they give what they have to nobody else.
 *
 * @param at the place of the one
 * @param count an even number
 */
export function neighbours(peerIds: readonly string[], at: number, count: number): string[] {
  const others = [...peerIds.slice(at + 1), ...peerIds.slice(0, at)];
  if (others.length <= count) return others;
  return [...others.slice(0, count / 2), ...others.slice(-count / 2)];
}
