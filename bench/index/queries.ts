import type { ListedFile } from '@cardume/client';
import { seededRandom } from '../../tests/support/seeded-random.ts';
import { rowsPerPeer } from './fill.ts';
import { FileSource, listOf } from './names.ts';

/** A search as ghz sends it. */
export interface QueryMessage {
  query: string;
  match_mode: string;
}

const queriesPerClass = 500;
/** Of how many peers' lists what is searched for is taken. */
const peersAsked = 20;

/** Kinds of searches of an index that was filled with so many entries, each with many queries: for what is there, but for misses. */
export function queryClasses(rows: number): Map<string, QueryMessage[]> {
  const random = seededRandom(42);
  const source = new FileSource(rows);
  const peers = Math.ceil(rows / rowsPerPeer);
  const lists = Array.from({ length: peersAsked }, () => {
    const peer = Math.floor(random() * peers);
    return listOf(source, peer, Math.min(rowsPerPeer, rows - peer * rowsPerPeer));
  });
  const one = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)] as Item;
  const pick = (): ListedFile => one(one(lists));
  const make = (mode: string, queryOf: () => string): QueryMessage[] =>
    Array.from({ length: queriesPerClass }, () => ({ query: queryOf(), match_mode: `MATCH_MODE_${mode}` }));
  const lastPart = (): string => pick().name.split('/').at(-1) ?? '';
  const wordOf = (text: string): string => {
    const words = text.split(/[^a-z0-9]+/).filter(({ length }) => length >= 4);
    return words.length === 0 ? text : one(words);
  };
  const word = (): string => wordOf(lastPart());
  /** Its package, and a word of the same name: what somebody types who knows what there is. */
  const twoWords = (): string => {
    const last = lastPart();
    return `${last.split('_')[0]} ${wordOf(last)}`;
  };
  const common = ['lib', 'dev', 'amd64', 'all', 'deb', 'a', 'python3', 'pool main'];
  return new Map([
    ['exact', make('EXACT', () => pick().name)],
    ['two keywords', make('KEYWORDS', twoWords)],
    ['common word', make('KEYWORDS', () => one(common))],
    ['glob', make('GLOB', () => `${word()}*.deb`)],
    ['prefix', make('PREFIX', () => lastPart().slice(0, 8))],
    ['digest', make('DIGEST', () => pick().digest.slice(0, 16))],
    ['miss', make('KEYWORDS', () => `${word()}q${Math.floor(random() * 1e6).toString(36)}zx`)],
  ]);
}
