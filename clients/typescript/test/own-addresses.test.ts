import { expect, test } from '@jest/globals';
import { OwnAddresses } from '../src/core/address/own-addresses.ts';

function watching(address: string): { addresses: OwnAddresses; lost: string[]; stop: () => void } {
  const addresses = new OwnAddresses();
  const lost: string[] = [];
  const stop = addresses.watch(address, () => lost.push(address));
  return { addresses, lost, stop };
}

test('an address is lost when two looks in a row do not find it any more, and once', () => {
  const { addresses, lost } = watching('192.168.1.10');
  addresses.look(['127.0.0.1', '192.168.1.10']);
  addresses.look(['127.0.0.1']);
  expect(lost).toEqual([]);
  addresses.look(['127.0.0.1', '10.0.0.7']);
  addresses.look([]);
  expect(lost).toEqual(['192.168.1.10']);
  expect(addresses.size).toBe(0);
});

test('an address that was there before it was watched is lost, too, and what is learned out of turn counts for nobody', () => {
  const addresses = new OwnAddresses();
  addresses.learn(['192.168.1.10']);
  expect(addresses.wasFound('192.168.1.10')).toBe(true);
  const lost: string[] = [];
  addresses.watch('192.168.1.10', () => lost.push('it'));
  for (let time = 0; time < 5; time++) addresses.learn([]);
  addresses.look([]);
  expect(lost).toEqual([]);
  addresses.look([]);
  expect(lost).toEqual(['it']);
});

test('a device that is down for a moment loses nothing', () => {
  const { addresses, lost } = watching('192.168.1.10');
  for (const found of [['192.168.1.10'], [], ['192.168.1.10'], [], ['192.168.1.10']]) addresses.look(found);
  expect(lost).toEqual([]);
});

test('an address that the system never lists is never lost', () => {
  const { addresses, lost } = watching('192.168.1.10');
  for (const found of [[], ['10.0.0.7'], []]) addresses.look(found);
  expect(lost).toEqual([]);
});

test.each([
  ['fe80::1%eth0', 'fe80::1'],
  ['::ffff:192.168.1.10', '192.168.1.10'],
])('%s of a socket is %s of a device', (ofSocket, ofDevice) => {
  const { addresses, lost } = watching(ofSocket);
  addresses.look([ofDevice]);
  addresses.look([ofDevice]);
  expect(lost).toEqual([]);
  addresses.look([]);
  addresses.look([]);
  expect(lost).toEqual([ofSocket]);
});

test('who does not watch any more is not told', () => {
  const { addresses, lost, stop } = watching('192.168.1.10');
  addresses.look(['192.168.1.10']);
  stop();
  addresses.look([]);
  addresses.look([]);
  expect(lost).toEqual([]);
});
