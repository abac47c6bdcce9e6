import type { CandidateQuery } from './candidate-query.ts';

/** What answers a query by a B-tree alone. */
export type DirectKey = (
  | /** Names that are this, or whose last part is. */
  { kind: 'name'; name: string; folded: string }
  /** Files whose digest begins with this. */
  | { kind: 'digest'; prefix: string }
) & { includeFolders: boolean };

/** The keys of the first of many queries, up to a number of them or the first one that has none. */
export function leadingDirectKeys(queries: readonly CandidateQuery[], count: number): DirectKey[] {
  const keys: DirectKey[] = [];
  for (const query of queries.slice(0, count)) {
    const key = directKeyOf(query);
    if (key === undefined) break;
    keys.push(key);
  }
  return keys;
}

/** The key of a query that is for an exact name or a digest and nothing else; undefined for all others. */
export function directKeyOf(query: CandidateQuery): DirectKey | undefined {
  const { lookups, conditions, minSizeBytes, maxSizeBytes, includeFolders } = query;
  const [lookup] = lookups;
  const [condition] = conditions;
  const filtersSizes = minSizeBytes > 0 || maxSizeBytes !== Number.POSITIVE_INFINITY;
  if (filtersSizes || lookups.length !== 1 || conditions.length > 1) return undefined;
  if (lookup?.kind === 'digest' && condition === undefined) return { ...lookup, includeFolders };
  if (lookup?.kind !== 'equals' || condition?.kind !== 'exact') return undefined;
  return { kind: 'name', name: condition.text, folded: lookup.text, includeFolders };
}
