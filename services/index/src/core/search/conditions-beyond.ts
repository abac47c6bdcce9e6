import type { Lookup, NameCondition } from './candidate-query.ts';

/**
 * The conditions that are still to be checked on what a lookup by beginnings leads to: by an index alone, nothing of a name has to
 * be read for the others.
 */
export function conditionsBeyond(
  { text }: Extract<Lookup, { text: string }>,
  conditions: readonly NameCondition[],
): NameCondition[] {
  return conditions.filter((condition) => {
    if (condition.kind === 'contains') return !text.includes(condition.text);
    if (condition.kind === 'prefix') return !text.startsWith(condition.text);
    return true;
  });
}
