// Several indexes on one PostgreSQL that are the authority of one network together.
import { cpSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Addresses, openIndex } from '@cardume/client';
import { type Network, openNetwork, openUsers, parseInvite } from '@cardume/client/trust';
import { type RunningIndex, startIndex } from '@cardume/index';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { describeWith } from '../../../../tests/support/describe-with.ts';
import { failureOf } from '../../../../tests/support/failure-of.ts';
import { temporaryFolder } from '../../../../tests/support/temporary-folder.ts';
import { until } from '../../../../tests/support/until.ts';
import { joinInput } from '../support/listed.ts';
import { findPostgres, type PostgresServer, startPostgres } from '../support/postgres-server.ts';

const folder = temporaryFolder();

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
    const database = await server.newDatabase();
    const first = await startReplica('first', database);
    // The authority's file is the secret that each replica is given.
    mkdirSync(join(folder, 'second'), { mode: 0o700 });
    cpSync(join(folder, 'first/authority.json'), join(folder, 'second/authority.json'));
    const second = await startReplica('second', database);
    expect(second.networkId).toBe(first.networkId);
    const invites = await first.invites([first.address]);
    // The second one has the users, but not the tokens, which are in the folder of the first.
    expect(await second.invites([second.address])).toMatchObject({ member: undefined, admin: undefined });
    const { member = '', admin = '' } = invites ?? {};

    const managing = await enrol('manager', admin, second);
    const users = openUsers([first.address], () => managing.tlsOfIndex());
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
});
