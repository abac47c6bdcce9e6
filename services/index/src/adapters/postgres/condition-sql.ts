import type { CandidateQuery, Lookup, NameCondition } from '../../core/search/candidate-query.ts';
import { digestRange } from '../../core/search/digest-range.ts';
import type { Parameters } from './parameters.ts';

/** What a query asks of names `n`, as SQL: the way that leads there, and all its conditions. */
export function nameSql(
  query: CandidateQuery,
  lookup: Exclude<Lookup, { kind: 'digest' }> | undefined,
  parameters: Parameters,
): string {
  const sought = lookup?.kind === 'contains' ? lookup.texts : [];
  // Said twice, it would look twice as rare to the planner.
  const conditions = query.conditions.filter(
    (condition) => condition.kind !== 'contains' || !sought.includes(condition.text),
  );
  const parts = [
    'true',
    ...(lookup === undefined ? [] : [lookupSql(lookup, parameters)]),
    ...conditions.map((condition) => conditionSql(condition, parameters)),
  ];
  return parts.join(' AND ');
}

/** What a query asks of files `f`, as SQL. */
export function fileSql(
  { includeFolders, minSizeBytes, maxSizeBytes }: CandidateQuery,
  parameters: Parameters,
): string {
  const parts = ['true'];
  if (!includeFolders) parts.push('f.folder_file_count = -1');
  const size = 'CASE WHEN f.folder_file_count = -1 THEN f.size_bytes ELSE f.folder_size_bytes END';
  if (minSizeBytes > 0) parts.push(`${size} >= ${parameters.add(minSizeBytes)}`);
  if (maxSizeBytes < Number.MAX_SAFE_INTEGER) parts.push(`${size} <= ${parameters.add(maxSizeBytes)}`);
  return parts.join(' AND ');
}

/** Files `f` whose digest begins so, as SQL. */
export function digestSql(prefix: string, parameters: Parameters): string {
  const { first, last } = digestRange(prefix);
  return `f.digest BETWEEN decode(${parameters.add(first)}, 'hex') AND decode(${parameters.add(last)}, 'hex')`;
}

function lookupSql(lookup: Exclude<Lookup, { kind: 'digest' }>, parameters: Parameters): string {
  switch (lookup.kind) {
    case 'equals': {
      const text = parameters.add(lookup.text);
      return `(n.folded = ${text} OR n.folded_last = ${text})`;
    }
    case 'prefix':
      return beginsWith(lookup.text, parameters);
    case 'contains':
      return ['true', ...lookup.texts.map((text) => `n.folded LIKE ${parameters.add(`%${escaped(text)}%`)}`)].join(
        ' AND ',
      );
  }
}

function conditionSql(condition: NameCondition, parameters: Parameters): string {
  switch (condition.kind) {
    case 'contains':
      return `n.folded LIKE ${parameters.add(`%${escaped(condition.text)}%`)}`;
    case 'excludes':
      return `n.folded NOT LIKE ${parameters.add(`%${escaped(condition.text)}%`)}`;
    case 'suffix':
      return endsWithAny(condition.texts, parameters);
    case 'noSuffix':
      return `NOT ${endsWithAny(condition.texts, parameters)}`;
    case 'prefix':
      return beginsWith(condition.text, parameters);
    case 'glob': {
      const pattern = parameters.add(likePattern(condition.pattern));
      return `(n.folded LIKE ${pattern} OR n.folded_last LIKE ${pattern})`;
    }
    case 'noGlob':
      return `n.folded NOT LIKE ${parameters.add(likePattern(condition.pattern))}`;
    case 'exact': {
      const ending = parameters.add(`%/${escaped(condition.text)}`);
      return `(n.name = ${parameters.add(condition.text)} OR n.name LIKE ${ending})`;
    }
  }
}

function beginsWith(text: string, parameters: Parameters): string {
  const pattern = parameters.add(`${escaped(text)}%`);
  return `(n.folded LIKE ${pattern} OR n.folded_last LIKE ${pattern})`;
}

function endsWithAny(texts: readonly string[], parameters: Parameters): string {
  return `(${texts.map((text) => `n.folded_last LIKE ${parameters.add(`%${escaped(text)}`)}`).join(' OR ')})`;
}

/** LIKE gives up at the first star that cannot match any more, so that no pattern makes it try exponentially often. */
function likePattern(glob: string): string {
  return escaped(glob).replaceAll('*', '%').replaceAll('?', '_');
}

/** What stands for itself in a pattern of LIKE. */
function escaped(text: string): string {
  return text.replace(/[\\%_]/g, '\\$&');
}
