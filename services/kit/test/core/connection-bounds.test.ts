import { describe, expect, test } from '@jest/globals';
import { connectionBounds } from '../../src/core/connections/connection-bounds.ts';

describe('the bounds of connections', () => {
  test.each([
    // asked, descriptors: all, of one place, those that greet
    [undefined, 1_048_576, 20_000, 10_000, 1_024],
    [undefined, 20_000, 10_000, 5_000, 1_024],
    [undefined, 1_024, 512, 256, 256],
    [undefined, 1, 2, 1, 1],
    [100, 20_000, 100, 50, 50],
    [200_000, 1_048_576, 200_000, 100_000, 1_024],
  ])(
    'of %s with %i descriptors are %i, %i of one place, and %i that greet',
    (asked, limit, all, ofOnePlace, greeting) => {
      expect(connectionBounds(asked, limit)).toMatchObject({
        maxConnections: all,
        maxConnectionsPerPlace: ofOnePlace,
        maxGreetings: greeting,
      });
    },
  );

  test.each([0, 1, 1.5, Number.NaN, 513])('cannot be %s with 1,024 descriptors', (asked) => {
    expect(() => connectionBounds(asked, 1_024)).toThrow('must be 2 to 512');
  });
});
