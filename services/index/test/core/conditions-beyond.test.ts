import { expect, test } from '@jest/globals';
import type { Lookup, NameCondition } from '../../src/core/search/candidate-query.ts';
import { conditionsBeyond } from '../../src/core/search/conditions-beyond.ts';

const others: NameCondition[] = [
  { kind: 'excludes', text: 'bash' },
  { kind: 'suffix', texts: ['sh'] },
  { kind: 'noSuffix', texts: ['sh'] },
  { kind: 'glob', pattern: 'bash*' },
  { kind: 'noGlob', pattern: 'bash*' },
  { kind: 'exact', text: 'bash' },
];

test.each<Extract<Lookup, { text: string }>['kind']>(['equals', 'prefix'])(
  'names found by "%s" have what the text has, and what else they must be is checked',
  (kind) => {
    const lookup = { kind, text: 'bash doc' };
    const implied: NameCondition[] = [
      { kind: 'contains', text: 'bash' },
      { kind: 'contains', text: 'h d' },
      { kind: 'prefix', text: 'bash' },
      { kind: 'prefix', text: 'bash doc' },
    ];
    const left: NameCondition[] = [
      { kind: 'contains', text: 'docs' },
      { kind: 'prefix', text: 'bash docs' },
      { kind: 'prefix', text: 'doc' },
    ];
    expect(conditionsBeyond(lookup, [...implied, ...left, ...others])).toEqual([...left, ...others]);
  },
);
