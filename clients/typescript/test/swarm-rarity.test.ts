import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { seededRandom } from '../../../tests/support/seeded-random.ts';
import { PieceMask } from '../src/core/swarm/piece-mask.ts';
import { maxRarityLevel, RarityOrder } from '../src/core/swarm/rarity-order.ts';

function rarestOf(pieces: number[], levels: number[]): (number | undefined)[] {
  const least = Math.min(...pieces.map((piece) => levels[piece] ?? 0));
  return pieces.length === 0 ? [undefined] : pieces.filter((piece) => levels[piece] === least);
}

describe('the order of rarity', () => {
  const change = fc.record({ piece: fc.nat(39), level: fc.nat(70), isWanted: fc.boolean() });

  test('gives, of any source, one of the pieces that a look at all of them would give', () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 150 }), fc.array(fc.nat(39)), fc.nat(), (changes, owned, seed) => {
        const rarity = new RarityOrder(40, seededRandom(seed));
        const levels = new Array<number>(40).fill(0);
        const wanted = new Set(levels.keys());
        const has = new PieceMask(40);
        for (const piece of owned) has.add(piece);
        for (const { piece, level, isWanted } of changes) {
          levels[piece] = Math.min(level, maxRarityLevel);
          rarity.setLevel(piece, level);
          rarity.setWanted(piece, isWanted);
          wanted.delete(piece);
          if (isWanted) wanted.add(piece);
        }
        for (const mask of [has, undefined]) {
          const candidates = [...wanted].filter((piece) => mask?.has(piece) ?? true);
          expect(rarestOf(candidates, levels)).toContain(rarity.findRarest(mask));
        }
        expect([...rarity.wanted]).toEqual([...wanted].toSorted((a, b) => a - b));
      }),
    );
  });

  test('gives the rarest of few pieces among a million', () => {
    const rarity = new RarityOrder(2 ** 20, seededRandom(1));
    const has = new PieceMask(2 ** 20);
    for (const piece of [5, 600_000, 2 ** 20 - 1]) {
      has.add(piece);
      rarity.setLevel(piece, piece === 600_000 ? 3 : 4);
    }
    expect(rarity.findRarest(has)).toBe(600_000);
    rarity.setWanted(600_000, false);
    expect([5, 2 ** 20 - 1]).toContain(rarity.findRarest(has));
  });
});

describe('a mask of pieces', () => {
  test('finds the first common piece within bounds', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(99)), fc.array(fc.nat(99)), fc.nat(99), fc.nat(100), (a, b, from, to) => {
        const masks = [a, b].map((pieces) => {
          const mask = new PieceMask(100);
          for (const piece of pieces) mask.add(piece);
          return mask;
        });
        const expected = a
          .filter((piece) => b.includes(piece) && piece >= from && piece < to)
          .toSorted((x, y) => x - y);
        expect(masks[0]?.firstCommon(masks[1], from, to)).toBe(expected[0]);
      }),
    );
  });
});
