// Several indexes on one PostgreSQL that are the authority of one network together.
import { cpSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Addresses, formatAddress, openIndex } from '@cardume/client';
import { type Network, openNetwork, openUsers, parseInvite } from '@cardume/client/trust';
import { type RunningIndex, startIndex } from '@cardume/index';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { cardumeCommand } from '../../../../tests/support/cardume-command.ts';
import { openChangingPath } from '../../../../tests/support/changing-path.ts';
import { describeWith } from '../../../../tests/support/describe-with.ts';
import { failureOf } from '../../../../tests/support/failure-of.ts';
import { temporaryFolder } from '../../../../tests/support/temporary-folder.ts';
import { until } from '../../../../tests/support/until.ts';
import { collect } from '../support/collect.ts';
import { joinInput } from '../support/listed.ts';
import { findPostgres, type PostgresServer, startPostgres } from '../support/postgres-server.ts';

const folder = temporaryFolder();
const [managing, getting] = [cardumeCommand(), cardumeCommand()];

describeWith({ name: 'PostgreSQL', command: findPostgres() }, 'replicas of an authority', (binaries) => {
  let server: PostgresServer;
  const closings: (() => unknown)[] = [];
  beforeAll(async () => {
    server = await startPostgres(binaries);
  });
  afterAll(async () => {
    for (const close of closings.reverse()) await close();
    await server.remove();
  });

  const startReplica = async (name: string, database: string): Promise<RunningIndex> => {
    const authority = join(folder, name);
    const index = await startIndex({ listen: '127.0.0.1:0', logLevel: 'silent', authority, database });
    closings.push(() => index.stop(0));
    return index;
  };
  /** Two on one database, which their folders are named after. */
  const startTwo = async (name: string): Promise<[RunningIndex, RunningIndex]> => {
    const database = await server.newDatabase();
    const first = await startReplica(`${name}/first`, database);
    // The authority's file is the secret that each replica is given.
    mkdirSync(join(folder, name, 'second'), { mode: 0o700 });
    cpSync(join(folder, name, 'first/authority.json'), join(folder, name, 'second/authority.json'));
    return [first, await startReplica(`${name}/second`, database)];
  };
  const enrol = async (name: string, invite: string, at: RunningIndex, token?: string): Promise<Network> => {
    const parsed = parseInvite(invite);
    const addresses: Addresses = [at.address];
    const network = await openNetwork({
      folder: join(folder, name),
      networkId: parsed.networkId,
      addresses,
      token: token ?? parsed.token,
    });
    closings.push(() => network.close());
    return network;
  };
  const clientOf = (index: RunningIndex, network: Network) => {
    const client = openIndex(index.address, { tls: () => network.tlsOfIndex() });
    closings.push(() => client.close());
    return client;
  };

  test('enrol at any of them, know the same users, and refuse within seconds whom one of them revoked', async () => {
    const [first, second] = await startTwo('enrolling');
    expect(second.networkId).toBe(first.networkId);
    const invites = await first.invites([first.address]);
    // The second one has the users, but not the tokens, which are in the folder of the first.
    expect(await second.invites([second.address])).toMatchObject({ member: undefined, admin: undefined });
    const { member = '', admin = '' } = invites ?? {};

    const manager = await enrol('manager', admin, second);
    const users = openUsers([first.address], () => manager.tlsOfIndex());
    closings.push(() => users.close());
    const token = await users.add('ana', 'member');
    const ana = await enrol('ana', member, second, token);
    const atFirst = clientOf(first, ana);
    const lease = await atFirst.join(joinInput([]));
    expect(await clientOf(second, ana).renew({ ...lease, leaseSecret: '' })).toMatchObject({ fileCount: 0 });

    await users.revoke('ana');
    const refused = async (): Promise<boolean> => {
      const problem = await clientOf(second, ana)
        .stats()
        .catch((error) => error.reason);
      return problem === 'CERTIFICATE_REFUSED';
    };
    await until('the other replica refuses whom the first one revoked', refused, 10_000);
    const again = enrol('ana once more', member, second, token);
    expect(await failureOf(() => again)).toMatchObject({ reason: 'TOKEN_REFUSED' });
    // The network's other members are no worse off.
    expect((await clientOf(second, await enrol('other', member, second)).stats()).peerCount).toBe(1);
  });

  const manage = async (name: string, first: RunningIndex, second: RunningIndex, addresses: Addresses) => {
    const { admin = '' } = (await first.invites([first.address])) ?? {};
    const manager = await enrol(name, admin, second);
    const users = openUsers(addresses, () => manager.tlsOfIndex());
    closings.push(() => users.close());
    return users;
  };

  test('users are managed at whichever is there, and what was done at one is known at the other', async () => {
    const [first, second] = await startTwo('managing');
    const users = await manage('admin', first, second, [first.address, second.address]);
    const { member = '' } = (await first.invites([first.address])) ?? {};
    await users.add('ana', 'member');
    await first.stop(0);
    await enrol('bia', member, second, await users.add('bia', 'reader'));
    await enrol('ana at the second', member, second, await users.rotate('ana'));
    await users.revoke('ana');
    const listed = (await collect(users.list())).map(({ name, role, revokeTime }) => [
      name,
      role,
      revokeTime !== undefined,
    ]);
    expect(listed).toEqual([
      ['admin', 'admin', false],
      ['ana', 'member', true],
      ['bia', 'reader', false],
      ['everyone', 'member', false],
    ]);
    // What is an answer is asked nowhere else, and says nothing of others.
    expect((await failureOf(() => users.add('bia', 'reader'))).message).toBe(
      'name: bia is taken, or was once; names are not given away again',
    );
    await second.stop(0);
    const { reason, message } = await failureOf(() => users.add('carol', 'reader'));
    expect(reason).toBe('UNREACHABLE');
    for (const { port } of [first.address, second.address]) expect(message).toContain(`index 127.0.0.1:${port} `);
  });

  test('the command manages users at the second address when the first is away, also who was no manager yet', async () => {
    const [first, second] = await startTwo('command');
    const { admin = '' } = (await first.invites([first.address])) ?? {};
    // An invite names the addresses that its index knew.
    expect(await managing.run(['peers', '--index', admin])).toMatchObject({ code: 0 });
    await first.stop(0);
    const both = ['--index', formatAddress(first.address), '--index', formatAddress(second.address)];
    const added = await managing.run(['index', 'user', 'add', 'ana', '--role', 'reader', '--json', ...both]);
    expect(added).toMatchObject({ code: 0, stderr: '' });
    const { invite, ...about } = JSON.parse(added.stdout);
    expect(about).toEqual({ type: 'invite', user: 'ana', role: 'reader' });
    expect(parseInvite(invite).addresses).toEqual([first.address, second.address]);
    expect(await getting.run(['peers', '--index', invite])).toMatchObject({ code: 0 });
    const rotated = await managing.run(['index', 'user', 'rotate', 'ana', ...both]);
    expect(rotated).toMatchObject({ code: 0, stdout: expect.stringMatching(/^cardume-invite-/) });
    expect(await managing.run(['index', 'user', 'revoke', 'ana', ...both])).toMatchObject({ code: 0 });
    const listed = await managing.run(['index', 'user', 'list', ...both]);
    expect(listed.stdout).toMatch(/\nana +reader +\d{4}-\d\d-\d\d +\d{4}-\d\d-\d\d\n/);
  });

  test('a user whom one took and could not say so is not passed off as somebody else', async () => {
    const [first, second] = await startTwo('taking');
    const path = await openChangingPath(first.address, '127.0.0.1');
    closings.push(() => path.close());
    const users = await manage('admin of the path', first, second, [path.address, second.address]);
    await users.add('ana', 'reader');
    path.loseAnswers();
    const failure = await failureOf(() => users.add('bia', 'reader'));
    expect(failure).toMatchObject({ reason: 'INVALID_FIELD', fieldViolations: [{ field: 'name' }] });
    expect(failure.message).toMatch(/^name: bia is taken.*; another address .* may have added the user/);
    const { member = '' } = (await first.invites([first.address])) ?? {};
    await enrol('bia after all', member, second, await users.rotate('bia'));
  });
});
