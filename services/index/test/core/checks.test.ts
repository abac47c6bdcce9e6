import { describe, expect, test } from '@jest/globals';
import { failureOf } from '../../../../tests/support/failure-of.ts';
import { createAddressPolicy } from '../../src/core/addresses/address-policy.ts';
import { checkEndpoint } from '../../src/core/checks/check-endpoint.ts';
import { checkEntries } from '../../src/core/checks/check-entries.ts';
import { checkShareName } from '../../src/core/checks/check-share-name.ts';
import { listed } from '../support/listed.ts';

const policy = createAddressPolicy();

describe('an endpoint', () => {
  test('without a host is where the call comes from', () => {
    expect(checkEndpoint('', 1, '10.0.0.7', policy)).toBe('10.0.0.7');
    expect(checkEndpoint('peer-1.local', 1, '10.0.0.7', policy)).toBe('peer-1.local');
  });

  test.each<[string, string, number]>([
    ['port', 'a', 0],
    ['port', 'a', -1],
    ['port', 'a', 65_536],
    ['host', 'a:80', 1],
    ['host', 'http://a', 1],
    ['host', '[::1]', 1],
    ['host', 'a b', 1],
    ['host', '1.2.3', 1],
    ['host', '0.0.0.0', 1],
    ['host', '::', 1],
    ['host', '127.0.0.1', 1],
    ['host', 'localhost', 1],
    ['host', '224.0.0.1', 1],
    ['host', 'x'.repeat(254), 1],
  ])('with a bad %s is refused: %s %d', async (field, host, port) => {
    const error = await failureOf(() => checkEndpoint(host, port, undefined, policy));
    expect(error.metadata).toEqual({ field });
  });

  test('without a host is refused when the index cannot see one', async () => {
    expect((await failureOf(() => checkEndpoint('', 1, undefined, policy))).metadata).toEqual({ field: 'host' });
  });
});

describe('entries', () => {
  test('of the same name are one: the last', () => {
    const entries = checkEntries([listed('a', { content: '1' }), listed('b'), listed('a', { content: '2' })], 'files');
    expect(entries.map(({ name }) => name)).toEqual(['a', 'b']);
    expect(entries[0]?.digest).toBe(listed('a', { content: '2' }).digest);
  });

  test.each<[string, object]>([
    ['files[1].name', { name: '../x' }],
    ['files[1].name', { name: '' }],
    ['files[1].name', { name: 'CON' }],
    ['files[1].name', { name: 'a\u202eb' }],
    ['files[1].name', { name: 'e\u0301' }],
    ['files[1].size_bytes', { sizeBytes: -1 }],
    ['files[1].size_bytes', { sizeBytes: 2 ** 44 + 1 }],
    ['files[1].digest', { digest: 'A'.repeat(64) }],
    ['files[1].digest', { digest: '' }],
    ['files[1].modify_time', { modifyTime: new Date(Number.NaN) }],
    ['files[1].modify_time', { modifyTime: new Date(8.64e15) }],
  ])('with a bad field are refused, and it is named: %s %j', async (field, change) => {
    const error = await failureOf(() => checkEntries([listed('a'), { ...listed('b'), ...change }], 'files'));
    expect(error.fieldViolations.map((violation) => violation.field)).toEqual([field]);
    expect(error.code).toBe('INVALID_ARGUMENT');
  });

  test('are at most 10,000', async () => {
    const files = Array.from({ length: 10_001 }, (_, index) => listed(`${index}`));
    expect((await failureOf(() => checkEntries(files, 'added'))).metadata).toEqual({ field: 'added' });
    expect(checkEntries(files.slice(1), 'added')).toHaveLength(10_000);
  });

  test('from before 1970 keep whole seconds, which travel as a valid timestamp', () => {
    expect(checkEntries([listed('a', { modifyTime: new Date(-1) })], 'files')[0]?.modifyMs).toBe(-1000);
  });
});

test.each(['a\nb', 'a\u009bb', 'é'.repeat(128)])(
  'a share name with control characters or too long is refused',
  async (name) => {
    expect((await failureOf(() => checkShareName(name))).metadata).toEqual({ field: 'share_name' });
  },
);
