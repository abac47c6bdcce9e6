import type { NameCondition } from '../../core/search/candidate-query.ts';

/** A part of a statement with the parameters of its placeholders, in their order. */
export interface SqlPart {
  sql: string;
  parameters: string[];
}

/** Writes conditions on a name as SQL on the table `names`, called `n`. Texts from outside are parameters only. */
export function conditionSql(conditions: readonly NameCondition[]): SqlPart {
  const parts = conditions.map(one);
  return {
    sql: ['1', ...parts.map(({ sql }) => sql)].join(' AND '),
    parameters: parts.flatMap(({ parameters }) => parameters),
  };
}

function one(condition: NameCondition): SqlPart {
  switch (condition.kind) {
    case 'contains':
      return { sql: 'instr(n.folded, ?) > 0', parameters: [condition.text] };
    case 'excludes':
      return { sql: 'instr(n.folded, ?) = 0', parameters: [condition.text] };
    case 'suffix':
      return endsWithAny('n.folded_last', condition.texts);
    case 'noSuffix': {
      const { sql, parameters } = endsWithAny('n.folded_last', condition.texts);
      return { sql: `NOT ${sql}`, parameters };
    }
    case 'prefix':
      return {
        sql: '(substr(n.folded, 1, length(?)) = ? OR substr(n.folded_last, 1, length(?)) = ?)',
        parameters: [condition.text, condition.text, condition.text, condition.text],
      };
    case 'glob': {
      const pattern = globPattern(condition.pattern);
      return { sql: '(n.folded GLOB ? OR n.folded_last GLOB ?)', parameters: [pattern, pattern] };
    }
    case 'noGlob':
      return { sql: 'n.folded NOT GLOB ?', parameters: [globPattern(condition.pattern)] };
    case 'exact': {
      const ending = endsWith('n.name', `/${condition.text}`);
      return { sql: `(n.name = ? OR ${ending.sql})`, parameters: [condition.text, ...ending.parameters] };
    }
  }
}

function endsWithAny(column: string, texts: readonly string[]): SqlPart {
  const parts = texts.map((text) => endsWith(column, text));
  return {
    sql: `(${parts.map(({ sql }) => sql).join(' OR ')})`,
    parameters: parts.flatMap(({ parameters }) => parameters),
  };
}

function endsWith(column: string, text: string): SqlPart {
  return { sql: `substr(${column}, -length(?)) = ?`, parameters: [text, text] };
}

/**
 * A pattern for SQLite's GLOB, in which `[` begins a set of characters and so has to be in one.
 *
 * GLOB gives up at the first star that cannot match any more, so that no pattern makes it try exponentially often.
 */
function globPattern(pattern: string): string {
  return pattern.replaceAll('[', '[[]');
}
