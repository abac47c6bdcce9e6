import { describe, expect, test } from '@jest/globals';
import { failureOf } from '../../../../tests/support/failure-of.ts';
import { createAddressPolicy } from '../../src/core/addresses/address-policy.ts';
import { type Nearness, nearnessOf } from '../../src/core/addresses/nearness.ts';

const kinds: [Nearness | undefined, string[]][] = [
  [
    'machine',
    ['127.0.0.1', '127.255.255.254', '::1', '0:0:0:0:0:0:0:1', '::ffff:127.0.0.1', '::ffff:7f00:1', '64:ff9b::7f00:1'],
  ],
  ['machine', ['localhost', 'LOCALHOST', 'db.localhost', '::127.0.0.1', '0x7f.1', '0x7f.0.0.1', '127.1']],
  ['link', ['169.254.0.1', '169.254.169.254', 'fe80::1', 'fe80::1%eth0', 'febf::1', '::ffff:169.254.169.254']],
  ['site', ['10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1', '100.64.0.1', '100.127.255.255']],
  ['site', ['fd00::2', 'fc00::1', 'fec0::1', '::ffff:10.0.0.1', '64:ff9b::a00:1', '198.18.0.1', '240.0.0.1']],
  ['site', ['192.0.2.1', '198.51.100.1', '203.0.113.1', '2001:db8::1', '192.0.0.1']],
  ['world', ['8.8.8.8', '172.15.255.255', '172.32.0.1', '100.63.255.255', '100.128.0.1', '126.255.255.255']],
  ['world', ['2606:4700::1111', '::ffff:8.8.8.8', '64:ff9b::808:808', '1.2.3.4', '223.255.255.255', '2a00::1']],
  ['nowhere', ['0.0.0.0', '0.1.2.3', '::', '255.255.255.255', '224.0.0.1', '239.255.255.255', 'ff02::1', '100::1']],
  ['nowhere', ['2002:7f00:1::1', '2001:0:1::1', '64:ff9b:1::7f00:1', '::ffff:0:127.0.0.1', '::7f00:2']],
  [undefined, ['peer-1.local', 'localhost.example', 'notlocalhost', '1::2::3', 'host_1', 'a.b']],
];

describe('the kind of an address', () => {
  test.each(kinds.flatMap(([kind, hosts]) => hosts.map((host) => [host, kind] as const)))('%s: %s', (host, kind) => {
    expect(nearnessOf(host)).toBe(kind);
  });
});

const loopback = '127.0.0.1';
const link = 'fe80::5';
const site = '192.168.1.5';
const world = '9.9.9.9';

// Seen at, says, whether it may.
const cases: [string | undefined, string, 'allowed' | 'refused'][] = [
  ...['127.0.0.1', '127.0.0.2', '::1', 'localhost', '169.254.169.254', '10.0.0.1', '8.8.8.8', 'fd00::1'].map(
    (host): [string, string, 'allowed'] => [loopback, host, 'allowed'],
  ),
  [link, '127.0.0.1', 'refused'],
  [link, 'localhost', 'refused'],
  [link, 'fe80::6', 'allowed'],
  [link, '10.0.0.1', 'allowed'],
  [link, '8.8.8.8', 'allowed'],
  [site, '127.0.0.1', 'refused'],
  [site, '::1', 'refused'],
  [site, '::ffff:127.0.0.1', 'refused'],
  [site, '64:ff9b::7f00:1', 'refused'],
  [site, '0x7f.1', 'refused'],
  [site, '169.254.169.254', 'refused'],
  [site, 'fe80::1', 'refused'],
  [site, '10.0.0.1', 'allowed'],
  [site, '192.168.1.5', 'allowed'],
  [site, '::ffff:192.168.1.5', 'allowed'],
  [site, 'fd00::1', 'allowed'],
  [site, '8.8.8.8', 'allowed'],
  ['100.64.0.9', '10.0.0.1', 'allowed'],
  ['fd00::2', '127.0.0.1', 'refused'],
  [world, '127.0.0.1', 'refused'],
  [world, '169.254.169.254', 'refused'],
  [world, '10.0.0.1', 'refused'],
  [world, '192.168.0.1', 'refused'],
  [world, '100.64.0.1', 'refused'],
  [world, 'fd00::1', 'refused'],
  [world, '64:ff9b::a00:1', 'refused'],
  [world, '8.8.8.8', 'allowed'],
  [world, '2606:4700::1111', 'allowed'],
  [world, '9.9.9.9', 'allowed'],
  // Where it is seen it is, whatever that is.
  ['2002:101:101::1', '2002:101:101::1', 'allowed'],
  ['fe80::1%eth0', 'fe80::1%eth0', 'allowed'],
  // An IPv6 address has many spellings.
  ['2a00::1', '2A00:0:0::1', 'allowed'],
  // Nobody knows where it is: it may be anywhere.
  [undefined, '10.0.0.1', 'refused'],
  [undefined, '8.8.8.8', 'allowed'],
  // Names are looked at where they lead to.
  [world, 'peer-1.local', 'allowed'],
  ...['224.0.0.1', 'ff02::1', '255.255.255.255', '0.0.0.1', '2002:7f00:1::1'].flatMap((host) =>
    [loopback, link, site, world].map((seen): [string, string, 'refused'] => [seen, host, 'refused']),
  ),
];

test.each(cases)('a peer seen at %s that says it is at %s: %s', (seen, host, outcome) => {
  const problem = createAddressPolicy().problemOf(host, seen);
  expect(problem === undefined ? 'allowed' : 'refused').toBe(outcome);
});

test('says what is wrong, and from where', () => {
  const policy = createAddressPolicy();
  expect(policy.problemOf('127.0.0.1', '10.0.0.5')).toBe(
    'leads every machine to itself, and you call from 10.0.0.5, which is of a private network',
  );
  expect(policy.problemOf('224.0.0.1', '10.0.0.5')).toBe('is no address of a single machine');
});

describe('networks that an operator gives', () => {
  const policy = createAddressPolicy(['10.1.0.0/16', 'fd00::/8']);

  test.each([
    ['10.1.2.3', world, true],
    ['::ffff:10.1.2.3', world, true],
    ['fd12::1', undefined, true],
    ['10.2.0.1', site, false],
    ['8.8.8.8', '8.8.8.8', false],
    ['127.0.0.1', loopback, false],
    ['localhost', loopback, false],
    ['name.example', world, true],
  ])('take %s of a peer seen at %s: %s', (host, seen, isTaken) => {
    expect(policy.problemOf(host, seen) === undefined).toBe(isTaken);
  });

  test.each(['10.0.0.0', '10.0.0.0/33', 'x/8', '', '10.0.0.0/8,fd00::/8', '/8'])('are no "%s"', async (text) => {
    const failure = await failureOf(async () => createAddressPolicy([text]));
    expect(failure).toMatchObject({ reason: 'INVALID_FIELD', message: expect.stringContaining('--peer-networks') });
  });

  test('are 64 at the most', async () => {
    const networks = Array.from({ length: 65 }, (_, at) => `10.${at}.0.0/16`);
    expect((await failureOf(async () => createAddressPolicy(networks))).message).toContain('at most 64');
  });
});
