import { seededRandom } from '../../tests/support/seeded-random.ts';
import type { FileSource } from './names.ts';

/** A search as ghz sends it. */
export interface QueryMessage {
  query: string;
  match_mode: string;
}

const queriesPerClass = 500;

/** Kinds of searches, each with many queries. */
export function queryClasses(source: FileSource): Map<string, QueryMessage[]> {
  const random = seededRandom(42);
  const make = (mode: string, queryOf: () => string): QueryMessage[] =>
    Array.from({ length: queriesPerClass }, () => ({ query: queryOf(), match_mode: `MATCH_MODE_${mode}` }));
  const lastPart = (): string => source.pick(random).name.split('/').at(-1) ?? '';
  const wordOf = (text: string): string => {
    const words = text.split(/[^a-z0-9]+/).filter(({ length }) => length >= 4);
    return words[Math.floor(random() * words.length)] ?? 'bash';
  };
  const word = (): string => wordOf(lastPart());
  /** Its package, and a word of the same name: what somebody types who knows what there is. */
  const twoWords = (): string => {
    const last = lastPart();
    return `${last.split('_')[0]} ${wordOf(last)}`;
  };
  const common = ['lib', 'dev', 'amd64', 'all', 'deb', 'a', 'python3', 'pool main'];
  return new Map([
    ['exact', make('EXACT', () => source.pick(random).name)],
    ['two keywords', make('KEYWORDS', twoWords)],
    ['common word', make('KEYWORDS', () => common[Math.floor(random() * common.length)] ?? 'lib')],
    ['glob', make('GLOB', () => `${word()}*.deb`)],
    ['prefix', make('PREFIX', () => lastPart().slice(0, 8))],
    ['digest', make('DIGEST', () => source.pick(random).digest.slice(0, 16))],
    ['miss', make('KEYWORDS', () => `${word()}q${Math.floor(random() * 1e6).toString(36)}zx`)],
  ]);
}
