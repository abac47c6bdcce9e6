import { expect, test } from '@jest/globals';
import { callerHost } from '../../src/index.ts';

test.each([
  ['an IPv4 address', '192.0.2.7:1234', '192.0.2.7'],
  ['an IPv6 address in brackets', '[2001:db8::7]:1234', '2001:db8::7'],
  ['an IPv6 address without brackets', '2001:db8::7:1234', '2001:db8::7'],
  ['an IPv4 address mapped into IPv6', '[::ffff:192.0.2.7]:1234', '192.0.2.7'],
  ['no address', 'unix:/run/socket', undefined],
  ['nothing', '', undefined],
])('the host of a call from %s is told without its port', (_, transportPeer, host) => {
  expect(callerHost(transportPeer)).toBe(host);
});
