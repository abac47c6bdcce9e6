import { expect, test } from '@jest/globals';
import { isOfOffer, namedPeers, type OfferSource, offerHolders } from '../../../src/core/offers/offer-source.ts';

const [own, sender, other, holder] = ['a', 'b', 'c', 'd'].map((digit) => digit.repeat(64)) as [
  string,
  string,
  string,
  string,
];
const source: OfferSource = {
  sender: { user: 'ana', host: '10.0.0.7' },
  peerId: sender,
  isCertified: true,
  address: { host: '10.0.0.7', port: 7_000 },
  otherPeerIds: [other, own],
};
const listed = (peerId: string, host: string) => ({
  ...{ peerId, host, port: 7_000, shareName: '', fileCount: 0, folderCount: 0, totalSizeBytes: 0 },
  ...{
    joinTime: undefined,
    tags: [],
    takesOffers: true,
    renewalAgeMs: 0,
    reachable: true,
    reportCount: 0,
    restricted: false,
  },
});

test('whom an offer names is dialled only where the index lists it, and where the call came from', () => {
  expect(namedPeers([source])).toEqual([sender, other, own]);
  // The index knows none of them.
  expect(offerHolders([source], [], [], own)).toEqual([
    { host: '10.0.0.7', port: 7_000, peerId: sender, partial: false },
  ]);
  const known = [listed(sender, '10.0.0.8'), listed(other, '10.0.0.9'), listed(own, '10.0.0.10')];
  const holders = [{ peerId: holder, host: '10.0.0.11', port: 1, partial: false }];
  expect(offerHolders([source], known, holders, own).map(({ host, mayComeLater }) => [host, mayComeLater])).toEqual([
    ['10.0.0.8', undefined],
    ['10.0.0.7', undefined],
    ['10.0.0.11', undefined],
    ['10.0.0.9', true],
  ]);
});

test('who is named without a certificate is not taken for who answers there', () => {
  const claimed = { ...source, isCertified: false };
  expect(offerHolders([claimed], [], [], own)).toMatchObject([{ host: '10.0.0.7', peerId: '' }]);
});

test('a sender that names no port is dialled where the index lists it alone', () => {
  expect(offerHolders([{ ...source, address: undefined }], [], [], own)).toEqual([]);
});

test('what is received is for those who send it, and for those to whom they do', () => {
  const another = { ...source, peerId: holder, otherPeerIds: [] };
  for (const peerId of [sender, other, own, holder]) expect(isOfOffer([source, another], peerId)).toBe(true);
  expect(isOfOffer([source], holder)).toBe(false);
  expect(isOfOffer([source], undefined)).toBe(false);
  // Without certificates nobody can be told from anybody else.
  expect(isOfOffer([{ ...source, isCertified: false }], undefined)).toBe(true);
});
