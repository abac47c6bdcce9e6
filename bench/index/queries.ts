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
  const word = (): string => {
    const words = lastPart()
      .split(/[^a-z0-9]+/)
      .filter((text) => text.length >= 4);
    return words[Math.floor(random() * words.length)] ?? 'bash';
  };
  const common = ['lib', 'dev', 'amd64', 'all', 'deb', 'a', 'python3', 'pool main'];
  return new Map([
    ['exact', make('EXACT', () => source.pick(random).name)],
    ['two keywords', make('KEYWORDS', () => `${lastPart().split('_')[0]} ${word()}`)],
    ['common word', make('KEYWORDS', () => common[Math.floor(random() * common.length)] ?? 'lib')],
    ['glob', make('GLOB', () => `${word()}*.deb`)],
    ['prefix', make('PREFIX', () => lastPart().slice(0, 8))],
    ['digest', make('DIGEST', () => source.pick(random).digest.slice(0, 16))],
    ['miss', make('KEYWORDS', () => `${word()}q${Math.floor(random() * 1e6).toString(36)}zx`)],
  ]);
}
