import { expect, test } from '@jest/globals';
import { now, type TestedCatalog } from '../support/tested-catalog.ts';

/** The users of a network. */
export function testUsers(tested: TestedCatalog): void {
  test('a user has another role once it is given one, and none when it was revoked', async () => {
    const role = async (user: string) => (await tested.catalog.findUser(user))?.role;
    expect(await tested.catalog.addUser({ user: 'ana', role: 'reader' }, Buffer.alloc(32, 'a'), now)).toBe(true);
    expect(await tested.catalog.addUser({ user: 'ana', role: 'admin' }, Buffer.alloc(32, 'b'), now)).toBe(false);
    expect(await role('ana')).toBe('reader');
    expect(await tested.catalog.changeRole('ana', 'member')).toBe(true);
    expect(await tested.catalog.changeRole('ana', 'member')).toBe(true);
    expect(await role('ana')).toBe('member');
    expect(await tested.catalog.changeRole('bia', 'member')).toBe(false);
    expect(await tested.catalog.revokeUser('ana', now)).toBe(true);
    expect(await tested.catalog.changeRole('ana', 'admin')).toBe(false);
    expect(await tested.catalog.findUser('ana')).toMatchObject({ role: 'member', revokeMs: now });
  });
}
