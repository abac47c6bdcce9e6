import { setImmediate } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import type { FoundCandidates } from '../../src/core/catalog.ts';
import type { SearchTerms } from '../../src/core/search/parse-query.ts';
import { digestOf } from '../support/listed.ts';
import { entry, never, now, planOf, sorted, type TestedCatalog } from '../support/tested-catalog.ts';

/** Searches that look at many names. */
export function testLargeSearches(tested: TestedCatalog): void {
  const { join, find } = tested;

  test('names of which many have the same last part are each found once', async () => {
    await tested.reopen({ maxPeers: 1, maxFilesPerPeer: 20_000, maxHoldings: 20_000 });
    const namesOf = (last: string, count: number) => Array.from({ length: count }, (_, index) => `${index}/${last}`);
    const before = namesOf('read', 3);
    const many = namesOf('readme', 11_000);
    const after = namesOf('readnow', 6_000);
    await join(
      'a',
      [...after, ...many, ...before, 'rear'].map((text) => entry(text)),
    );
    const all = [...before, ...many, ...after].sort();
    expect(await find({ query: 'readme', mode: 'exact' }, now, 20_000)).toEqual([...many].sort());
    expect(await find({ query: 'read', mode: 'prefix' }, now, 20_000)).toEqual(all);
    expect(await find({ query: 'read', mode: 'prefix', extension: 'iso' }, now, 20_000)).toEqual([]);
  });

  test('many queries together find what each finds alone, in steps, between which other work has its turn', async () => {
    await tested.reopen({ maxPeers: 1, maxFilesPerPeer: 30_000, maxHoldings: 30_000 });
    const popular = ['readme', 'Readme'].flatMap((last) =>
      Array.from({ length: 6_000 }, (_, index) => entry(`${last}/${index}/${last}`)),
    );
    const claims = Array.from({ length: 6_000 }, (_, index) => entry(`claim ${index}`, { content: 'made up' }));
    const own = Array.from({ length: 700 }, (_, index) => entry(`folder ${index % 9}/own ${index}`));
    await join('a', [...popular, ...claims, ...own]);
    const queries = own.flatMap(({ name, digest }, index): Partial<SearchTerms>[] => [
      { query: name, mode: 'exact' },
      { query: digest.slice(0, 8 + index), mode: 'digest' },
      { query: `own ${index}`, mode: 'exact' },
      { query: `unknown ${index}`, mode: 'exact' },
    ]);
    // Some that lead to more than one step looks at, and others that no B-tree answers alone.
    queries.splice(1_300, 0, { query: 'readme', mode: 'exact' }, { query: 'README', mode: 'exact' });
    queries.splice(700, 0, { query: digestOf('made up'), mode: 'digest' }, { query: 'own 69' });
    queries.splice(300, 0, { query: 'own 1', mode: 'exact', minSizeBytes: 101 }, { query: 'Readme', mode: 'exact' });
    const plans = queries.map(planOf);

    let turnCount = 0;
    let searching = true;
    const others = (async () => {
      for (; searching; turnCount += 1) await setImmediate();
    })();
    const together: FoundCandidates[] = [];
    while (together.length < plans.length) {
      const step = await tested.catalog.findCandidatesOfEach(plans.slice(together.length), now, 6_001, never);
      expect(step.length).toBeGreaterThan(0);
      together.push(...step);
    }
    searching = false;
    await others;
    expect(turnCount).toBeGreaterThan(10);
    for (const [index, plan] of plans.entries()) {
      const alone = await tested.catalog.findCandidates(plan, now, 6_001, never);
      expect([queries[index], sorted(together[index])]).toEqual([queries[index], sorted(alone)]);
    }
    expect(await tested.catalog.findCandidatesOfEach([], now, 10, never)).toEqual([]);

    const caller = new AbortController();
    const search = tested.catalog.findCandidatesOfEach(plans, now, 10, caller.signal);
    caller.abort(new Error('the caller has gone'));
    await expect(search).rejects.toThrow('the caller has gone');
  });

  test('a digest that many names claim is looked up in steps, between which other work has its turn', async () => {
    await tested.reopen({ maxPeers: 1, maxFilesPerPeer: 20_000, maxHoldings: 20_000 });
    const claimed = { content: 'made up' };
    const names = Array.from({ length: 12_000 }, (_, index) => `claim ${index}.${index % 4_000 === 0 ? 'iso' : 'bin'}`);
    await join('a', [...names.map((text) => entry(text, claimed)), entry('other.iso')]);
    const plan = planOf({ query: digestOf('made up'), mode: 'digest', extension: 'iso' });

    let turnCount = 0;
    let searching = true;
    const others = (async () => {
      for (; searching; turnCount += 1) await setImmediate();
    })();
    const { candidates, truncated } = await tested.catalog.findCandidates(plan, now, 100, never);
    searching = false;
    await others;
    expect(candidates.map((candidate) => candidate.name).sort()).toEqual([
      'claim 0.iso',
      'claim 4000.iso',
      'claim 8000.iso',
    ]);
    expect(truncated).toBe(false);
    expect(turnCount).toBeGreaterThan(1);

    const caller = new AbortController();
    const search = tested.catalog.findCandidates(plan, now, 100, caller.signal);
    caller.abort(new Error('the caller has gone'));
    await expect(search).rejects.toThrow('the caller has gone');
  });
}
