import { lastPart } from '@cardume/client';
import type { ListEntry } from '../catalog.ts';
import type { CandidateQuery, NameCondition } from './candidate-query.ts';
import { fold } from './fold.ts';
import { matchesGlob } from './matches-glob.ts';

/** A name as conditions look at it. */
interface LookedAtName {
  name: string;
  folded: string;
  foldedLast: string;
}

/** Whether an entry of a list is what a query asks for: as the catalog's engines find it, here for one that is at hand. */
export function matchesQuery(
  query: CandidateQuery,
  entry: Pick<ListEntry, 'name' | 'sizeBytes' | 'digest' | 'folder'>,
): boolean {
  const { name, folder, digest } = entry;
  if (folder !== undefined && !query.includeFolders) return false;
  const sizeBytes = folder?.totalSizeBytes ?? entry.sizeBytes;
  if (sizeBytes < query.minSizeBytes || sizeBytes > query.maxSizeBytes) return false;
  // Where names are looked up, the conditions say what the lookups do.
  if (!query.lookups.every((lookup) => lookup.kind !== 'digest' || digest.startsWith(lookup.prefix))) return false;
  if (query.conditions.length === 0) return true;
  const looked = { name, folded: fold(name), foldedLast: fold(lastPart(name)) };
  return query.conditions.every((condition) => holds(condition, looked));
}

function holds(condition: NameCondition, { name, folded, foldedLast }: LookedAtName): boolean {
  switch (condition.kind) {
    case 'contains':
      return folded.includes(condition.text);
    case 'excludes':
      return !folded.includes(condition.text);
    case 'suffix':
      return condition.texts.some((text) => foldedLast.endsWith(text));
    case 'noSuffix':
      return !condition.texts.some((text) => foldedLast.endsWith(text));
    case 'prefix':
      return folded.startsWith(condition.text) || foldedLast.startsWith(condition.text);
    case 'glob':
      return matchesGlob(condition.pattern, folded) || matchesGlob(condition.pattern, foldedLast);
    case 'noGlob':
      return !matchesGlob(condition.pattern, folded);
    case 'exact':
      return name === condition.text || name.endsWith(`/${condition.text}`);
  }
}
