import { describe, expect, test } from '@jest/globals';
import { formatAddress, isHost, isLoopback, parseAddress } from '../src/index.ts';

describe('an address', () => {
  test.each([
    ['127.0.0.1:50051', '127.0.0.1', 50_051],
    ['localhost:1', 'localhost', 1],
    ['peer_1.example:65535', 'peer_1.example', 65_535],
    ['[::1]:0', '::1', 0],
    ['[fe80::1%eth0]:7', 'fe80::1%eth0', 7],
    [':50051', '0.0.0.0', 50_051],
  ])('%s is read', (text, host, port) => {
    expect(parseAddress(text, '--listen')).toEqual({ host, port });
  });

  test('may leave out the port where there is a usual one', () => {
    expect(parseAddress('index.example', '--index', 50_051)).toEqual({ host: 'index.example', port: 50_051 });
    expect(() => parseAddress('index.example', '--index')).toThrow('--index');
  });

  test.each([
    '',
    'a:b',
    'host:65536',
    'host:-1',
    'host:1:2',
    'http://host:1',
    'dns:///host:1',
    'unix:/tmp/x',
    'ho st:1',
    'host/path:1',
    '::1:50051',
    '[::1:1',
    '300.1.1.1:1',
    `${'a'.repeat(254)}:1`,
    'a..b:1',
    '-a:1',
  ])('%j is refused by the name of what it was given for', (text) => {
    expect(() => parseAddress(text, '--index')).toThrow('--index');
  });

  test('is written with brackets where IPv6 needs them', () => {
    expect(formatAddress({ host: '::1', port: 5 })).toBe('[::1]:5');
    expect(formatAddress({ host: '1.2.3.4', port: 5 })).toBe('1.2.3.4:5');
  });
});

test('a host from outside is a name or an IP address and nothing else', () => {
  for (const host of ['a', 'a-b.c', '1.2.3.4', '::1', '2001:db8::1', 'x'.repeat(63)]) expect(isHost(host)).toBe(true);
  for (const host of ['', 'a:1', '1.2.3', '1.2.3.256', 'a b', 'a/b', 'a?b', 'é', 'x'.repeat(64), '[::1]', 'a.']) {
    expect(isHost(host)).toBe(false);
  }
});

test('loopback is this machine only', () => {
  for (const host of ['127.0.0.1', '127.8.9.10', 'localhost', '::1']) expect(isLoopback(host)).toBe(true);
  for (const host of ['0.0.0.0', '::', '10.0.0.1', '127.example.org', '128.0.0.1'])
    expect(isLoopback(host)).toBe(false);
});
