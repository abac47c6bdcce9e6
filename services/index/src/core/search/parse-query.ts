import type { MatchMode } from '@cardume/client';
import { isDigestPrefix } from '@cardume/client/digest';
import { CardumeError } from '@cardume/client/errors';
import { controlCharactersProblem, queryProblem } from '../checks/query-problem.ts';
import { maxExtensionBytes } from '../limits.ts';
import type { CandidateQuery, Lookup, NameCondition } from './candidate-query.ts';
import { fold } from './fold.ts';
import { literalRuns } from './literal-runs.ts';
import { type QueryTerms, readQueryTerms, suffixOf } from './query-terms.ts';
import type { RankingTerms } from './rank.ts';

/** What a caller searches for. */
export interface SearchTerms {
  query: string;
  mode: MatchMode;
  /** With or without its leading dot; empty: any. */
  extension: string;
  /** Whether folders are found, too. */
  includeFolders: boolean;
  minSizeBytes: number;
  /** 0: no bound. */
  maxSizeBytes: number;
}

/** How a search is done: what the catalog looks for, and how what it finds is ranked. */
export interface SearchPlan {
  candidates: CandidateQuery;
  ranking: RankingTerms;
}

/** What the match mode makes of the query. */
interface QueryPlan {
  lookups: Lookup[];
  conditions: NameCondition[];
  ranking: RankingTerms;
  minSizeBytes?: number;
  maxSizeBytes?: number;
}

const planOfMode: Record<MatchMode, (query: string) => QueryPlan> = {
  keywords: planKeywords,
  exact: planExact,
  prefix: planPrefix,
  glob: planGlob,
  digest: planDigest,
};

/**
 * Reads what a caller searches for.
 *
 * @throws CardumeError INVALID_FIELD when a field is out of its bounds
 */
export function parseQuery(terms: SearchTerms): SearchPlan {
  checkBounds(terms);
  const { lookups, conditions, ranking, ...sizes } = planOfMode[terms.mode](terms.query);
  const suffix = suffixOf(terms.extension);
  if (suffix !== '') conditions.push({ kind: 'suffix', texts: [suffix] });
  return {
    candidates: {
      lookups: lookups.map((lookup) => narrowed(lookup, suffix)),
      conditions,
      includeFolders: terms.includeFolders,
      minSizeBytes: Math.max(terms.minSizeBytes, sizes.minSizeBytes ?? 0),
      maxSizeBytes: Math.min(terms.maxSizeBytes === 0 ? Infinity : terms.maxSizeBytes, sizes.maxSizeBytes ?? Infinity),
    },
    ranking,
  };
}

function checkBounds({ query, extension, minSizeBytes, maxSizeBytes }: SearchTerms): void {
  const problem = queryProblem(query);
  if (problem !== null) throw CardumeError.invalidField('query', problem);
  if (Buffer.byteLength(extension) > maxExtensionBytes) {
    throw CardumeError.invalidField('extension', `must have at most ${maxExtensionBytes} bytes`);
  }
  const extensionProblem = controlCharactersProblem(extension);
  if (extensionProblem !== null) throw CardumeError.invalidField('extension', extensionProblem);
  if (minSizeBytes < 0) throw CardumeError.invalidField('min_size_bytes', 'must not be negative');
  if (maxSizeBytes < 0) throw CardumeError.invalidField('max_size_bytes', 'must not be negative; 0 is no bound');
}

function planKeywords(query: string): QueryPlan {
  const terms = readQueryTerms(query);
  const { text, words, patterns, extensions, digestPrefix } = terms;
  const runs = patterns.flatMap(literalRuns);
  // A single extension narrows; of several, a name has one or the other.
  const suffixes = extensions.length === 1 ? extensions : [];
  const contains: Lookup = { kind: 'contains', texts: [...words, ...runs, ...suffixes] };
  // Exact names first, and then what begins with an only word, so that they are ranked also when more match than can be.
  const [word, ...otherWords] = words;
  const exact: Lookup[] = word === undefined ? [] : [{ kind: 'equals', text }];
  if (word !== undefined && otherWords.length + patterns.length === 0) exact.push({ kind: 'prefix', text: word });
  return {
    lookups: digestPrefix === undefined ? [...exact, contains] : [{ kind: 'digest', prefix: digestPrefix }],
    conditions: conditionsOf(terms),
    ranking: { text: words.length === 0 && runs.length > 0 ? undefined : text, words: [...words, ...runs] },
    minSizeBytes: terms.minSizeBytes,
    maxSizeBytes: terms.maxSizeBytes,
  };
}

function conditionsOf(terms: QueryTerms): NameCondition[] {
  const { extensions, excludedExtensions } = terms;
  return [
    ...terms.words.map((text): NameCondition => ({ kind: 'contains', text })),
    ...terms.patterns.map((pattern): NameCondition => ({ kind: 'glob', pattern: `*${pattern}*` })),
    ...(extensions.length === 0 ? [] : [{ kind: 'suffix', texts: extensions } as const]),
    ...terms.excludedWords.map((text): NameCondition => ({ kind: 'excludes', text })),
    ...terms.excludedPatterns.map((pattern): NameCondition => ({ kind: 'noGlob', pattern: `*${pattern}*` })),
    ...(excludedExtensions.length === 0 ? [] : [{ kind: 'noSuffix', texts: excludedExtensions } as const]),
  ];
}

function planExact(query: string): QueryPlan {
  const name = query.normalize('NFC');
  return {
    lookups: [{ kind: 'equals', text: fold(name) }],
    conditions: [{ kind: 'exact', text: name }],
    ranking: { text: fold(name), words: [] },
  };
}

function planPrefix(query: string): QueryPlan {
  const text = fold(query);
  return {
    lookups: [
      { kind: 'equals', text },
      { kind: 'prefix', text },
    ],
    conditions: [{ kind: 'prefix', text }],
    ranking: { text, words: text === '' ? [] : [text] },
  };
}

function planGlob(query: string): QueryPlan {
  // Runs of stars mean one; folding may make more of them (U+FF0A), so it goes first.
  const pattern = fold(query).replace(/\*+/g, '*');
  return {
    lookups: [globLookup(pattern)],
    conditions: [{ kind: 'glob', pattern }],
    ranking: { text: pattern, words: [] },
  };
}

/** Runs of three characters are what trigram indexes find; without one, the pattern's beginning may narrow. */
function globLookup(pattern: string): Lookup {
  if (!/[*?]/.test(pattern)) return { kind: 'equals', text: pattern };
  const runs = literalRuns(pattern);
  const [first] = runs;
  const beginning = first !== undefined && pattern.startsWith(first) ? first : undefined;
  if (beginning !== undefined && !runs.some((run) => run.length >= 3)) return { kind: 'prefix', text: beginning };
  return { kind: 'contains', texts: runs, beginning };
}

function planDigest(query: string): QueryPlan {
  if (!isDigestPrefix(query)) throw CardumeError.invalidField('query', 'must be 8 to 64 hex digits of a digest');
  return {
    lookups: [{ kind: 'digest', prefix: query.toLowerCase() }],
    conditions: [],
    ranking: { text: undefined, words: [] },
  };
}

/** A lookup by content may use what the extension says. */
function narrowed(lookup: Lookup, suffix: string): Lookup {
  if (lookup.kind !== 'contains' || suffix === '') return lookup;
  return { ...lookup, texts: [...lookup.texts, suffix] };
}
