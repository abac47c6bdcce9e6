import { describe, expect, test } from '@jest/globals';
import { LeaseSecrets } from '../../src/core/lease-secrets.ts';

function secretsOf(kept: Record<string, string>, targets = ['a:1', 'b:1', 'c:1']): LeaseSecrets {
  return new LeaseSecrets({ leaseSecret: (target) => kept[target] }, targets);
}

describe('lease secrets', () => {
  test('none is known at first, and what an index gives is used', () => {
    const secrets = secretsOf({});
    expect(secrets.current).toBeUndefined();
    expect(secrets.refused()).toBe(false);
    secrets.accepted('given');
    expect(secrets.current).toBe('given');
  });

  test('one that any of the addresses gave is used, for replicas know the same', () => {
    expect(secretsOf({ 'b:1': 'of b', 'x:1': 'of another index' }).current).toBe('of b');
  });

  test('each of those that were kept is tried once where one is refused, and all of them again later', () => {
    const secrets = secretsOf({ 'a:1': 'of a', 'b:1': 'of b', 'c:1': 'of b' });
    expect(secrets.current).toBe('of a');
    expect(secrets.refused()).toBe(true);
    expect(secrets.current).toBe('of b');
    expect(secrets.refused()).toBe(false);
    expect(secrets.current).toBe('of b');
    expect(secrets.refused()).toBe(true);
    expect(secrets.current).toBe('of a');
  });

  test('what was refused at one index is tried again at the next one', () => {
    const secrets = secretsOf({ 'a:1': 'of a', 'b:1': 'of b' });
    secrets.refused();
    secrets.accepted('of b');
    expect(secrets.refused()).toBe(true);
    expect(secrets.current).toBe('of a');
  });
});
