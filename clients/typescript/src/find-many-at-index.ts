import { type CallOptions, type IndexClient, maxQueriesPerLookup } from './adapters/index/open-index.ts';
import { mapConcurrently } from './core/concurrency/map-concurrently.ts';
import { mergeHits } from './core/download/merge-hits.ts';
import { resolveFile, withoutSlash } from './core/download/resolve-file.ts';
import type { Hit } from './core/model/search.ts';
import type { CardumeError } from './errors/cardume-error.ts';
import { cardumeErrorFrom } from './errors/from-unknown.ts';
import { findAtIndex, maxQueryBytes } from './find-file.ts';

/** What became of one of many names: what `findAtIndex` gives for it, or what it throws. */
export type FoundAtIndex = readonly [Hit, ...Hit[]] | CardumeError;

/** How many names that cannot be looked up together are searched for at once. */
const maxSearchesAtOnce = 48;

/**
 * Finds for each of many names and digests what `findAtIndex` finds, a thousand by one call.
 *
 * Never throws: a name that fails does not keep the others from being found, and has its error for an answer.
 *
 * @param namesOrDigests all answers are held at once: give some thousands at a time
 * @returns an answer for each name, in no particular order
 */
export async function findManyAtIndex(
  index: IndexClient,
  namesOrDigests: Iterable<string>,
  options: CallOptions,
): Promise<Map<string, FoundAtIndex>> {
  const found = new Map<string, FoundAtIndex>();
  const { together = [], alone = [] } = Object.groupBy(new Set(namesOrDigests), (name) =>
    Buffer.byteLength(queryOf(name)) > maxQueryBytes ? 'alone' : 'together',
  );
  for (let start = 0; start < together.length; start += maxQueriesPerLookup) {
    const names = together.slice(start, start + maxQueriesPerLookup);
    alone.push(...(await lookUpTogether(index, names, options, found)));
  }
  const search = async (name: string): Promise<[string, FoundAtIndex]> => {
    try {
      return [name, await findAtIndex(index, name, options)];
    } catch (error) {
      return [name, cardumeErrorFrom(error, name)];
    }
  };
  for await (const [name, answer] of mapConcurrently(alone, maxSearchesAtOnce, search)) found.set(name, answer);
  return found;
}

/** Looks names up by as few calls as the index allows, and returns those that have to be searched for one by one. */
async function lookUpTogether(
  index: IndexClient,
  names: readonly string[],
  options: CallOptions,
  found: Map<string, FoundAtIndex>,
): Promise<readonly string[]> {
  let answeredCount = 0;
  try {
    for await (const hits of index.lookup(names.map(queryOf), { ...options, folders: true })) {
      const name = names[answeredCount++];
      if (name !== undefined) found.set(name, meantBy(name, hits));
    }
  } catch (error) {
    const failure = cardumeErrorFrom(error);
    const unanswered = names.slice(answeredCount);
    // An older index knows no Lookup, and one name that no query can be spoils it for all.
    if (failure.code === 'UNIMPLEMENTED' || failure.code === 'INVALID_ARGUMENT') return unanswered;
    for (const name of unanswered) found.set(name, failure);
  }
  return [];
}

function queryOf(nameOrDigest: string): string {
  return withoutSlash(nameOrDigest).normalize('NFC');
}

function meantBy(nameOrDigest: string, hits: readonly Hit[]): FoundAtIndex {
  try {
    return mergeHits(resolveFile(nameOrDigest, hits));
  } catch (error) {
    return cardumeErrorFrom(error, nameOrDigest);
  }
}
