import { type DeepPartial, IndexServiceDefinition, type SearchResponse } from '@cardume/proto/index/v1';
import { afterEach, describe, expect, test } from '@jest/globals';
import { createServer, ServerError, Status } from 'nice-grpc';
import { cardumeCommand } from '../../../tests/support/cardume-command.ts';
import { until } from '../../../tests/support/until.ts';

const cardume = cardumeCommand();
const stops: (() => void)[] = [];
afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});

interface EndlessIndex {
  address: string;
  /** How many pages it gave. */
  readonly pageCount: number;
}

/** An index whose lists never end: each page has another token for the next one. */
async function startEndlessIndex(hits: DeepPartial<SearchResponse>['hits'] = []): Promise<EndlessIndex> {
  let pageCount = 0;
  const nextPageToken = (): string => `page-${pageCount++}`;
  const other = async (): Promise<never> => {
    throw new ServerError(Status.UNIMPLEMENTED, 'no');
  };
  const server = createServer();
  server.add(IndexServiceDefinition, {
    search: async () => ({ hits, nextPageToken: nextPageToken() }),
    lookup: other,
    listPeers: async () => ({ peers: [], nextPageToken: nextPageToken() }),
    join: other,
    publish: other,
    renew: other,
    leave: other,
    getStats: other,
    reportHolder: other,
    watch: async function* () {},
  });
  const port = await server.listen('127.0.0.1:0');
  stops.push(() => server.forceShutdown());
  return {
    address: `127.0.0.1:${port}`,
    get pageCount() {
      return pageCount;
    },
  };
}

describe('an index whose list never ends', () => {
  test.each([[['search', 'x', '--limit', '0']], [['peers']]])('and has nothing in it fails %j', async (args) => {
    const { address } = await startEndlessIndex();
    const { code, stdout, stderr } = await cardume.run([...args, '--index', address]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/pages that lead nowhere/);
  });

  test('is asked only for what is shown', async () => {
    const index = await startEndlessIndex([{ name: 'a', sizeBytes: 1, digest: 'ab'.repeat(32) }]);
    const { code, stdout } = await cardume.run(['search', 'x', '--limit', '5', '--index', index.address, '--json']);
    expect(code).toBe(0);
    expect(stdout.trimEnd().split('\n')).toHaveLength(5);
    expect(index.pageCount).toBe(6);
  });

  test('is left on Ctrl-C', async () => {
    const index = await startEndlessIndex([{ name: 'a', sizeBytes: 1, digest: 'ab'.repeat(32) }]);
    const search = cardume.start(['search', 'x', '--limit', '0', '--index', index.address]);
    await until('some pages to be asked for', () => index.pageCount > 20);
    search.kill('SIGINT');
    expect(await search.waitForEnd()).toEqual({ code: 130, signal: null });
    expect(search.stderr).toBe('');
  });
});
