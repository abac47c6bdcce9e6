import { describe, expect, test } from '@jest/globals';
import { type FileFacts, settleDelayMs, stampOf } from '../../src/core/file-stamp.ts';

const facts: FileFacts = { size: 10n, mtimeNs: 5n, ctimeNs: 6n, ino: 7n, dev: 8n };

describe('a stamp', () => {
  test.each(['size', 'mtimeNs', 'ctimeNs', 'ino', 'dev'] as const)('is another one when %s is', (fact) => {
    expect(stampOf({ ...facts, [fact]: facts[fact] + 1n })).not.toBe(stampOf(facts));
  });

  test('does not mix up neighbouring facts', () => {
    expect(stampOf({ ...facts, mtimeNs: 1n, ctimeNs: 11n })).not.toBe(stampOf({ ...facts, mtimeNs: 11n, ctimeNs: 1n }));
  });
});

test.each([
  ['just written', 1_000, 1_000, 1_000],
  ['written a moment ago', 1_000, 1_400, 600],
  ['left alone for a second', 1_000, 2_000, 0],
  ['of long ago', 1_000, 1e12, 0],
  ['of a clock that is far ahead', 1e12, 1_000, 0],
])('a file %s settles when it has been left alone for a second', (_, changeTimeMs, nowMs, delayMs) => {
  expect(settleDelayMs(changeTimeMs, nowMs)).toBe(delayMs);
});
