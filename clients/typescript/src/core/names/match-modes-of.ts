import { isDigest, isDigestPrefix } from '../digest/digest-text.ts';
import type { MatchMode } from '../model/search.ts';

/**
 * How an index is searched for the file that a name or a digest means: in these ways, one after the other, until one
 * finds something. A whole digest is hardly ever a name, but eight hex digits can be.
 */
export function matchModesOf(nameOrDigest: string): readonly [MatchMode, ...MatchMode[]] {
  if (isDigest(nameOrDigest.toLowerCase())) return ['digest', 'exact'];
  return isDigestPrefix(nameOrDigest) ? ['exact', 'digest'] : ['exact'];
}
