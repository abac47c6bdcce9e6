import { describe, expect, test } from '@jest/globals';
import { failureOf } from '../../../tests/support/failure-of.ts';
import { collect } from '../src/core/collect.ts';

describe('what is collected', () => {
  const init = { maxItems: 3, maxCharacters: 100 };

  test('is all of a list that has no more than it may', async () => {
    expect(await collect([1, 2, 3], init)).toEqual({ items: [1, 2, 3], more: false });
  });

  test('ends at the most items, and asks for one more only to say so', async () => {
    let asked = 0;
    const endless = async function* (): AsyncGenerator<number> {
      for (;;) yield asked++;
    };
    expect(await collect(endless(), init)).toEqual({ items: [0, 1, 2], more: true });
    expect(asked).toBe(4);
  });

  test('may not be longer than it may, however few the items are', async () => {
    expect(await collect(['x'.repeat(98)], init)).toMatchObject({ more: false });
    const { reason, message } = await failureOf(() => collect(['x'.repeat(50), 'x'.repeat(50)], init));
    expect(reason).toBe('LIMIT_REACHED');
    expect(message).toMatch(/longer than 100 B; ask for less/);
  });
});
