import { matchModesOf } from '@cardume/client';
import { maxLookupHits, maxRankedFiles } from '../limits.ts';
import type { SearchedCatalog } from '../rights/view-for-user.ts';
import { parseQuery, type SearchPlan } from './parse-query.ts';
import { type RankedCandidate, rankCandidates } from './rank.ts';

/** How many queries are read before other work has its turn: to fold the worst of them takes a fifth of a millisecond. */
const queriesPerTurn = 32;

/** How many files a group has at the most, so that neither many queries nor popular ones gather too many holders. */
const maxFilesPerGroup = 2 * maxLookupHits;

/** What is looked up. */
export interface LookupTerms {
  /** Checked ones, at least one. */
  queries: readonly string[];
  /** Whether folders are found, too. */
  includeFolders: boolean;
}

/** One way in which a query is looked up. */
interface Ask {
  plan: SearchPlan;
  /** Whether it is the query's last one. */
  isLast: boolean;
}

/**
 * Gives the best candidates of each of many queries, in the order of the queries: those of a few queries at a time, as
 * they are found; of none after a step that finished none.
 */
export async function* rankEach(
  catalog: SearchedCatalog,
  { queries, includeFolders }: LookupTerms,
  nowMs: number,
  signal: AbortSignal,
): AsyncGenerator<RankedCandidate[][], void, undefined> {
  for (let rest = queries; rest.length > 0; rest = rest.slice(queriesPerTurn)) {
    const asks = rest.slice(0, queriesPerTurn).flatMap((query) => asksOf(query, includeFolders));
    yield* rankAsks(catalog, asks, nowMs, signal);
  }
}

async function* rankAsks(
  catalog: SearchedCatalog,
  asks: readonly Ask[],
  nowMs: number,
  signal: AbortSignal,
): AsyncGenerator<RankedCandidate[][], void, undefined> {
  let best: RankedCandidate[] = [];
  for (let rest = asks; rest.length > 0; ) {
    const plans = rest.map(({ plan }) => plan.candidates);
    const found = await catalog.findCandidatesOfEach(plans, nowMs, maxRankedFiles, signal);
    let group: RankedCandidate[][] = [];
    let fileCount = 0;
    for (const [index, { plan, isLast }] of rest.slice(0, found.length).entries()) {
      if (best.length === 0)
        best = rankCandidates(found[index]?.candidates ?? [], plan.ranking).slice(0, maxLookupHits);
      if (!isLast) continue;
      if (fileCount + best.length > maxFilesPerGroup) {
        yield group;
        group = [];
        fileCount = 0;
      }
      group.push(best);
      fileCount += best.length;
      best = [];
    }
    yield group;
    rest = rest.slice(found.length);
  }
}

/** How a query is looked up: in the first of these ways that finds anything. */
function asksOf(query: string, includeFolders: boolean): Ask[] {
  const modes = matchModesOf(query);
  return modes.map((mode, index) => ({
    plan: parseQuery({ query, mode, extension: '', includeFolders, minSizeBytes: 0, maxSizeBytes: 0 }),
    isLast: index === modes.length - 1,
  }));
}
