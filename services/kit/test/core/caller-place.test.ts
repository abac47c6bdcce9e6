import { expect, test } from '@jest/globals';
import { callerPlace } from '../../src/core/caller-place.ts';

test.each([
  ['192.168.1.7', '192.168.1.7'],
  [undefined, 'unknown'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:0DB8:0001:0002::1', '2001:db8:1:2::/64'],
  ['2001:db8:1:2:ffff::', '2001:db8:1:2::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
])('%s is at %s', (host, expected) => {
  expect(callerPlace(host)).toBe(expected);
});
