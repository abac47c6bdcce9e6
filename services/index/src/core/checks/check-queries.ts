import { CardumeError } from '@cardume/client';
import { maxLookupQueries } from '../limits.ts';
import { queryProblem } from './query-problem.ts';

/**
 * Checks the queries of a Lookup.
 *
 * @throws CardumeError INVALID_FIELD with the path of the first one that is wrong: `queries[3]`
 */
export function checkQueries(queries: readonly string[]): readonly string[] {
  if (queries.length === 0 || queries.length > maxLookupQueries) {
    throw CardumeError.invalidField('queries', `must be 1 to ${maxLookupQueries}`);
  }
  for (const [index, query] of queries.entries()) {
    const problem = query === '' ? 'must not be empty' : queryProblem(query);
    if (problem !== null) throw CardumeError.invalidField(`queries[${index}]`, problem);
  }
  return queries;
}
