import { describe, expect, test } from '@jest/globals';
import { decideOffer, decideTypes, type InboxRoom } from '../../../src/core/offers/decide-offer.ts';
import type { Offer, Sender } from '../../../src/core/offers/offer.ts';
import { checkRules, type OfferRules } from '../../../src/core/offers/offer-rules.ts';

const ana: Sender = { user: 'ana', host: '10.0.0.7' };
const nobody: Sender = { user: undefined, host: '10.0.0.7' };
const plenty: InboxRoom = { usedBytes: 0, promisedBytes: 0, freeBytes: 1e12 };
const offer = (change: Partial<Offer> = {}): Offer => ({
  name: 'big.iso',
  sizeBytes: 1_000,
  digest: 'a'.repeat(64),
  folder: undefined,
  ...change,
});
const folder = offer({ name: 'photos', sizeBytes: 90, folder: { fileCount: 3, totalSizeBytes: 5_000 } });

function decide(rules: OfferRules, offered = offer(), sender = ana, room = plenty): string {
  const decision = decideOffer(offered, sender, checkRules(rules), room);
  return decision.kind === 'refuse' ? decision.rule : decision.kind;
}

describe('an offer', () => {
  test.each<[string, OfferRules, Offer, Sender, InboxRoom, string]>([
    ['is refused without a rule', {}, offer(), ana, plenty, 'policy'],
    ['is accepted by who accepts all', { otherwise: 'accept' }, offer(), nobody, plenty, 'accept'],
    ['is asked for', { otherwise: 'ask' }, offer(), nobody, plenty, 'ask'],
    ['of a user who is named', { otherwise: 'accept', users: ['ana'] }, offer(), ana, plenty, 'accept'],
    ['of another user', { otherwise: 'accept', users: ['bia'] }, offer(), ana, plenty, 'user'],
    ['of nobody known, where users are named', { otherwise: 'ask', users: ['ana'] }, offer(), nobody, plenty, 'user'],
    ['as large as may be', { otherwise: 'accept', maxBytes: 1_000 }, offer(), ana, plenty, 'accept'],
    ['too large by a byte', { otherwise: 'accept', maxBytes: 999 }, offer(), ana, plenty, 'size'],
    ['a folder counts by its files', { otherwise: 'accept', maxBytes: 4_999 }, folder, ana, plenty, 'size'],
    ['of a type that is allowed', { otherwise: 'accept', types: ['ISO'] }, offer(), ana, plenty, 'accept'],
    ['of another type', { otherwise: 'accept', types: ['mp4', 'tar.gz'] }, offer(), ana, plenty, 'type'],
    ['that is all extension', { otherwise: 'accept', types: ['iso'] }, offer({ name: '.iso' }), ana, plenty, 'type'],
    ['a folder, before its files are known', { otherwise: 'accept', types: ['iso'] }, folder, ana, plenty, 'accept'],
    [
      'that fills the quota',
      { otherwise: 'accept', quotaBytes: 1_500 },
      offer(),
      ana,
      { ...plenty, usedBytes: 500 },
      'accept',
    ],
    [
      'over the quota',
      { otherwise: 'accept', quotaBytes: 1_500 },
      offer(),
      ana,
      { ...plenty, usedBytes: 501 },
      'quota',
    ],
    [
      'over the quota with what is promised',
      { otherwise: 'accept', quotaBytes: 1_500 },
      offer(),
      ana,
      { ...plenty, usedBytes: 1, promisedBytes: 500 },
      'quota',
    ],
    ['that the disk has no room for', { otherwise: 'ask' }, offer(), ana, { ...plenty, freeBytes: 999 }, 'space'],
    [
      'that it has no room for, with what is promised',
      { otherwise: 'accept' },
      offer(),
      ana,
      { usedBytes: 0, promisedBytes: 1, freeBytes: 1_000 },
      'space',
    ],
  ])('%s', (_what, rules, offered, sender, room, expected) => {
    expect(decide(rules, offered, sender, room)).toBe(expected);
  });

  test('is refused by the first rule that does, which tells a stranger the least', () => {
    expect(decide({ maxBytes: 1 })).toBe('policy');
    expect(decide({ otherwise: 'accept', users: ['bia'], maxBytes: 1 })).toBe('user');
  });

  test('of a folder is refused for one file of another type', () => {
    const rules = checkRules({ otherwise: 'accept', types: ['.jpg', '*.png'] });
    expect(decideTypes(['a.JPG', 'b/c.png'], rules)).toBeUndefined();
    expect(decideTypes(['a.jpg', 'b/run.sh'], rules)).toMatchObject({ rule: 'type' });
  });
});

test.each<OfferRules>([{ types: ['a/b'] }, { types: [''] }, { maxBytes: 0 }, { quotaBytes: Number.NaN }])(
  'rules that cannot be meant are refused: %j',
  (rules) => {
    expect(() => checkRules(rules)).toThrow(expect.objectContaining({ reason: 'INVALID_FIELD' }));
  },
);
