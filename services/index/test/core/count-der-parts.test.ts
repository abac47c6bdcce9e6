import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { countDerParts } from '../../src/core/trust/count-der-parts.ts';

const hex = (digits: string): Uint8Array => Buffer.from(digits.replaceAll(' ', ''), 'hex');

test.each([
  ['nothing', '', 0],
  ['a number', '02 01 05', 1],
  ['a sequence of two numbers', '30 06 020105 020106', 3],
  ['sequences in each other', '30 04 30 02 30 00', 3],
  ['a string of bytes, whatever is in it', '04 04 0500 0500', 1],
  ['a string in two parts', '24 06 040100 040100', 3],
  ['a part with a long length', '30 81 03 020105', 2],
  ['a part of a length without an end', '30 80 0500 0000', 3],
  ['a part with a long tag', '3f 8f 0f 03 020105', 2],
  ['a part that says it is longer than all', '04 84ffffffff 00', 1],
  ['a part whose tag has no end', '3f ff ff', 1],
  ['a part without a length', '30', 1],
])('%s: %s', (_what, digits, count) => {
  expect(countDerParts(hex(digits), 100)).toBe(count);
});

test('stops beyond as many as it is asked for', () => {
  expect(countDerParts(Buffer.from('0500'.repeat(4_000), 'hex'), 256)).toBe(257);
});

test('comes to an end for any bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      const count = countDerParts(bytes, 1_000);
      expect(count).toBeLessThanOrEqual(bytes.length);
    }),
  );
});
