import type { Candidate, FoundCandidates } from '../catalog.ts';

/** All that was found for a query, as far as it is wanted. */
export function withinLimit(candidates: readonly Candidate[], limit: number): FoundCandidates {
  return { candidates: candidates.slice(0, limit), truncated: candidates.length > limit };
}
