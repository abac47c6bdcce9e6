import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { openIndex, parseAddress } from '@cardume/client';
import {
  type DeepPartial,
  IndexServiceDefinition,
  type IndexServiceImplementation,
  type JoinRequest,
  type JoinResponse,
} from '@cardume/proto/index/v1';
import { createLogger } from '@cardume/service-kit';
import { afterAll, expect, test } from '@jest/globals';
import { createServer, type Server, ServerError, Status } from 'nice-grpc';
import { temporaryFolder } from '../../../tests/support/temporary-folder.ts';
import { openIdentity } from '../src/adapters/identity.ts';
import { openState } from '../src/adapters/open-state.ts';
import type { PeerEvent } from '../src/core/peer-event.ts';
import { noPeerMetrics } from '../src/core/peer-metrics.ts';
import { ShareList } from '../src/core/share-list.ts';
import { SharedFiles } from '../src/core/shared-files.ts';
import { JoinKeeper } from '../src/keep-joined.ts';
import { usePeers, writeFiles } from './support/start-test-peer.ts';

const folder = temporaryFolder();
const startPeer = usePeers();
const servers: Server[] = [];

afterAll(() => {
  for (const server of servers) server.forceShutdown();
});

/** An index that answers every join with what the test says. */
async function startLyingIndex(
  answer: DeepPartial<JoinResponse>,
  others: Partial<IndexServiceImplementation> = {},
): Promise<string> {
  const other = async (): Promise<never> => {
    throw new ServerError(Status.UNIMPLEMENTED, 'no');
  };
  const server = createServer();
  server.add(IndexServiceDefinition, {
    join: async () => answer,
    search: other,
    publish: other,
    renew: other,
    leave: other,
    lookup: other,
    listPeers: other,
    getStats: other,
    reportHolder: other,
    watch: async function* () {},
    ...others,
  });
  servers.push(server);
  return `127.0.0.1:${await server.listen('127.0.0.1:0')}`;
}

const secret = 'a secret that must not be kept';

test.each([
  ['a host that is none', { host: 'x\u001b]0;y', leaseSecret: secret }, 'no host'],
  ['no host', { leaseSecret: secret }, 'no host'],
  ['a secret of a megabyte', { host: '127.0.0.1', leaseSecret: 'x'.repeat(1_000_000) }, 'more than 128 bytes'],
])(
  'an index that answers with %s has not been joined, and nothing of its answer is kept',
  async (what, answer, why) => {
    const index = await startLyingIndex({
      peerId: '',
      leaseTtl: { seconds: 30 },
      renewInterval: { seconds: 10 },
      ...answer,
    });
    const share = join(folder, what);
    writeFiles(share, { file: 'x' });
    const stateFolder = join(folder, `${what} state`);
    const { peer, events } = await startPeer({ paths: [share], stateFolder, index });
    const lost = events.find((event) => event.type === 'index-lost');
    expect(lost?.problem).toContain(why);
    expect(lost?.problem).not.toContain('\u001b');
    expect(events.some((event) => event.type === 'joined')).toBe(false);
    await peer.stop();
    const database = new DatabaseSync(join(stateFolder, 'peer.db'));
    expect(database.prepare('SELECT lease_secret FROM leases').all()).toEqual([]);
    database.close();
  },
);

test('an index that is too old to keep a list from anybody is told of none of its files, and left again', async () => {
  const answer = { host: '127.0.0.1', leaseTtl: { seconds: 30 }, renewInterval: { seconds: 10 } };
  const joins: JoinRequest[] = [];
  let leaves = 0;
  const address = await startLyingIndex(answer, {
    join: async (request) => {
      joins.push(request);
      return answer;
    },
    leave: async () => {
      leaves += 1;
      return {};
    },
  });
  const list = new ShareList();
  list.put({ name: 'plan', path: '/plan', sizeBytes: 1, digest: 'a'.repeat(64), modifyTimeMs: 0, stamp: '' });
  const database = await openState(undefined);
  const client = openIndex(parseAddress(address, 'index'));
  const events: PeerEvent[] = [];
  const keeper = new JoinKeeper({
    client,
    identity: openIdentity(database, undefined),
    files: new SharedFiles(list, new ShareList()),
    host: undefined,
    port: 1,
    shareName: 'plans',
    tags: [],
    takesOffers: false,
    allowedUsers: ['ana', 'bia'],
    nowMs: () => performance.now(),
    random: () => 1,
    logger: createLogger({ service: 'peer', level: 'silent' }),
    metrics: noPeerMetrics,
    onRevoked: () => {},
    onReachable: () => undefined,
    onEvent: (event) => events.push(event),
  });
  await keeper.start();
  await keeper.leave();
  client.close();
  database.close();
  expect(joins).toMatchObject([{ files: [], allowedUsers: ['ana', 'bia'] }]);
  expect(leaves).toBe(1);
  expect(events).toMatchObject([{ type: 'index-lost', problem: expect.stringContaining('too old') }]);
});
