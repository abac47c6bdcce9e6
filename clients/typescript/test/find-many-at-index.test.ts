import { createHash } from 'node:crypto';
import { type RunningIndex, startIndex } from '@cardume/index';
import { IndexServiceDefinition, type IndexServiceImplementation } from '@cardume/proto/index/v1';
import { createLogger, type RunningServer, type ServedService, serve, startServer } from '@cardume/service-kit';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { failureOf } from '../../../tests/support/failure-of.ts';
import { openChannel } from '../src/adapters/channel/open-channel.ts';
import { findAtIndex } from '../src/find-file.ts';
import { type FoundAtIndex, findManyAtIndex } from '../src/find-many-at-index.ts';
import { CardumeError, type Hit, type IndexClient, type ListedFile, openIndex } from '../src/index.ts';

const longFolder = Array.from({ length: 4 }, (_, index) => `${index}`.repeat(200)).join('/');
const files: ListedFile[] = [
  listed('plain.txt'),
  listed('folder/plain.txt', 'plain.txt'),
  listed('folder/of/notes.md'),
  listed('one/readme', 'readme of one'),
  listed('other/readme', 'readme of other'),
  listed('Caf\u00e9.txt'),
  listed('abcdef12', 'a name like a digest'),
  listed(digestOf('a digest for a name'), 'something else'),
  listed(`${longFolder}/long.bin`),
  listed(`${longFolder}/${digestOf('plain.txt')}`, 'a long name that ends in a digest'),
  { ...listed('of two sizes'), sizeBytes: 7 },
  ...Array.from({ length: 120 }, (_, index) => listed(`${index}/everywhere`, `${index % 2}`)),
];

let server: RunningIndex;
let index: IndexClient;
const stops: (() => unknown)[] = [];

beforeAll(async () => {
  server = await startIndex({ listen: '127.0.0.1:0', logLevel: 'silent' });
  index = openIndex(server.address);
  await join(files);
  await join([listed('of two sizes'), listed('plain.txt')]);
});

afterAll(async () => {
  index.close();
  await server.stop(0);
});

afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

async function join(list: ListedFile[], port = 1): Promise<void> {
  await index.join({ host: '127.0.0.1', port, shareName: '', files: list });
}

function digestOf(content: string): string {
  return createHash('sha256').update(content).digest('hex');
}

function listed(name: string, content = name): ListedFile {
  return { name, sizeBytes: 100, digest: digestOf(content), modifyTime: new Date(1_700_000_000_000) };
}

/** What `findAtIndex` gives or throws for each. */
async function findEach(names: readonly string[], at: IndexClient): Promise<Map<string, FoundAtIndex>> {
  const found = new Map<string, FoundAtIndex>();
  for (const name of names) {
    try {
      found.set(name, await findAtIndex(at, name, {}));
    } catch (error) {
      if (!CardumeError.is(error)) throw error;
      found.set(name, error);
    }
  }
  return found;
}

/** Answers in an order, without what differs from one call to the next. */
function comparable(found: ReadonlyMap<string, FoundAtIndex>): unknown {
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, answer]) => [name, withoutAges(answer)]);
}

function withoutAges(answer: FoundAtIndex): unknown {
  if (CardumeError.is(answer)) {
    const { reason, message, metadata, fieldViolations } = answer;
    return { reason, message, metadata, fieldViolations };
  }
  return answer.map((hit) => ({ ...hit, holders: hit.holders.map((holder) => ({ ...holder, renewalAgeMs: 0 })) }));
}

/** A server in front of the index, with a client of its own. It counts what it is asked. */
interface Other {
  server: RunningServer;
  other: IndexClient;
  asked: Record<'lookup' | 'search', number>;
}

/**
 * Starts one.
 *
 * @param change says which methods do something else than the index does
 */
async function startOther(
  change: (real: IndexServiceImplementation) => Partial<IndexServiceImplementation>,
  serveAll: (all: IndexServiceImplementation) => ServedService = (all) => serve(IndexServiceDefinition, all),
): Promise<Other> {
  const channel = openChannel(server.address, 'index');
  const real = channel.client(IndexServiceDefinition);
  const asked = { lookup: 0, search: 0 };
  const all: IndexServiceImplementation = {
    join: (request) => real.join(request),
    publish: (requests) => real.publish(requests),
    renew: (request) => real.renew(request),
    leave: (request) => real.leave(request),
    search: (request) => real.search(request),
    lookup: (request) => real.lookup(request),
    listPeers: (request) => real.listPeers(request),
    getStats: (request) => real.getStats(request),
    reportHolder: (request) => real.reportHolder(request),
    watch: (request) => real.watch(request),
  };
  const changed = { ...all, ...change(all) };
  const counting: IndexServiceImplementation = {
    ...changed,
    search(request, context) {
      asked.search += 1;
      return changed.search(request, context);
    },
    lookup(request, context) {
      asked.lookup += 1;
      return changed.lookup(request, context);
    },
  };
  const outer = await startServer({
    listen: { host: '127.0.0.1', port: 0 },
    insecure: false,
    services: [serveAll(counting)],
    logger: createLogger({ service: 'other', level: 'silent' }),
  });
  const other = openIndex(outer.address);
  stops.push(
    () => channel.close(),
    () => outer.stop(0),
    () => other.close(),
  );
  return { server: outer, other, asked };
}

/** Serves all methods that an index had before it had Lookup. */
function serveWithoutLookup(all: IndexServiceImplementation): ServedService {
  const { lookup: _lookup, ...methods } = IndexServiceDefinition.methods;
  return serve({ ...IndexServiceDefinition, methods }, all);
}

const asNamed = [
  'plain.txt',
  'folder/plain.txt',
  'notes.md',
  'of/notes.md',
  'readme',
  'one/readme',
  'Caf\u00e9.txt',
  'Cafe\u0301.txt',
  'Cafe.txt',
  'PLAIN.TXT',
  'abcdef12',
  'ABCDEF12',
  'of two sizes',
  'everywhere',
  '7/everywhere',
  'nobody has this',
  digestOf('plain.txt'),
  digestOf('plain.txt').toUpperCase(),
  digestOf('plain.txt').slice(0, 8),
  digestOf('plain.txt').slice(0, 30).toUpperCase(),
  digestOf('plain.txt').slice(0, 7),
  digestOf('a digest for a name'),
  digestOf('0'),
  digestOf('unknown'),
  digestOf('unknown').slice(0, 12),
  `${longFolder}/long.bin`,
  `${longFolder}/${digestOf('plain.txt')}`,
  `${longFolder}/unknown`,
  'x'.repeat(512),
  'x'.repeat(513),
  `${'\u0958'.repeat(170)}.`,
  'lone \ud800 surrogate',
];
// What no query can be: with one of these among them, names are searched for one by one.
const unaskable = ['', 'nul\u0000', 'bell\u0007.txt'];

describe('finding many files', () => {
  test('gives for each name or digest what finding it alone gives or throws', async () => {
    expect(comparable(await findManyAtIndex(index, asNamed, {}))).toEqual(comparable(await findEach(asNamed, index)));
    const answers = [...(await findEach(asNamed, index)).values()];
    const reasons = answers.flatMap((answer) => (CardumeError.is(answer) ? [answer.reason] : ['found']));
    // So that the comparison compares something of each kind.
    expect(new Set(reasons)).toEqual(new Set(['found', 'FILE_NOT_SHARED', 'AMBIGUOUS', 'INVALID_FIELD']));
  });

  test('gives the same when some names cannot be looked up', async () => {
    const names = [...asNamed, ...unaskable];
    expect(comparable(await findManyAtIndex(index, names, {}))).toEqual(comparable(await findEach(names, index)));
  });

  test('gives the same at an index that knows no Lookup', async () => {
    const { other, asked } = await startOther(() => ({}), serveWithoutLookup);
    expect((await failureOf(() => other.lookup(['x']).next())).reason).toBe('METHOD_UNKNOWN');
    const names = [...asNamed, ...unaskable];
    expect(comparable(await findManyAtIndex(other, names, {}))).toEqual(comparable(await findEach(names, index)));
    expect(asked.lookup).toBe(0);
    expect(asked.search).toBeGreaterThan(names.length);
  });

  test('asks once for a thousand names, and for nothing twice', async () => {
    const { other, asked } = await startOther(() => ({}));
    const many = Array.from({ length: 2_500 }, (_, number) => (number % 2 === 0 ? 'plain.txt' : `unknown ${number}`));
    const found = await findManyAtIndex(other, many, {});
    expect(found.size).toBe(1_251);
    expect(asked).toEqual({ lookup: 2, search: 0 });
    expect(await findManyAtIndex(other, [], {})).toEqual(new Map());
    expect(asked).toEqual({ lookup: 2, search: 0 });
  });

  test('asks for the rest when an answer ends early, because the hits have many holders', async () => {
    const popular = Array.from({ length: 1_000 }, (_, number) => listed(`popular ${number}`));
    for (let port = 1; port <= 50; port += 1) await join(popular, port);
    const { other, asked } = await startOther(() => ({}));
    const names = popular.map(({ name }) => name);
    const found = await findManyAtIndex(other, names, {});
    expect(asked.lookup).toBeGreaterThan(1);
    expect(asked.lookup).toBeLessThan(5);
    expect(asked.search).toBe(0);
    expect([...found.keys()]).toEqual(names);
    for (const [name, answer] of found) {
      expect(answer).toMatchObject([{ name, digest: digestOf(name), holders: { length: 50 }, holderCount: 50 }]);
    }
    const some = names.filter((_, number) => number % 100 === 0);
    const alone = await findEach(some, index);
    expect(comparable(new Map(some.map((name) => [name, found.get(name) as FoundAtIndex])))).toEqual(comparable(alone));
  });

  test('keeps what was found when the index fails later, and says why for the others', async () => {
    let calls = 0;
    const { other } = await startOther((real) => ({
      async lookup(request, context) {
        calls += 1;
        if (calls > 1) throw new CardumeError('STORAGE_FAILED', 'broken');
        const { results = [] } = await real.lookup(request, context);
        return { results: results.slice(0, 2) };
      },
    }));
    const found = await findManyAtIndex(other, ['plain.txt', 'nobody has this', 'notes.md', 'readme'], {});
    const reasons = [...found].map(([name, answer]) => [name, CardumeError.is(answer) ? answer.reason : 'found']);
    expect(Object.fromEntries(reasons)).toEqual({
      'plain.txt': 'found',
      'nobody has this': 'FILE_NOT_SHARED',
      'notes.md': 'STORAGE_FAILED',
      readme: 'STORAGE_FAILED',
    });
  });

  test('ends when it is cancelled, or the index is not there', async () => {
    const reasonsOf = (found: ReadonlyMap<string, FoundAtIndex>) =>
      [...found.values()].map((answer) => (CardumeError.is(answer) ? answer.reason : 'found'));
    const names = ['plain.txt', 'notes.md', `${longFolder}/long.bin`];
    const cancelled = await findManyAtIndex(index, names, { signal: AbortSignal.abort() });
    expect(reasonsOf(cancelled)).toEqual(['CANCELLED', 'CANCELLED', 'CANCELLED']);
    const { server: stopped, other } = await startOther(() => ({}));
    await stopped.stop(0);
    expect(reasonsOf(await findManyAtIndex(other, names, {}))).toEqual(['UNREACHABLE', 'UNREACHABLE', 'UNREACHABLE']);
  });
});

describe('an index that lies in a Lookup', () => {
  const hit = { name: 'plain.txt', digest: digestOf('plain.txt'), sizeBytes: 100, holderCount: 1 };
  const holder = { peerId: 'x', host: '127.0.0.1', port: 1, reachable: true };

  test.each([
    ['that answers no query', 0, 1],
    ['that answers more queries than were asked', 4, 1],
    ['that answers more than the rest, at last', 2, 2],
  ])('%s is given up', async (_what, resultCount, calls) => {
    const { other, asked } = await startOther(() => ({
      lookup: async () => ({ results: Array.from({ length: resultCount }, () => ({ hits: [] })) }),
    }));
    const queries = ['a', 'b', 'c'];
    const failure = await failureOf(async () => {
      for await (const _ of other.lookup(queries));
    });
    expect(failure.reason).toBe('LIMIT_REACHED');
    expect(asked.lookup).toBe(calls);
  });

  test('that answers one query at a time is asked no more often than there are queries', async () => {
    const { other, asked } = await startOther(() => ({ lookup: async () => ({ results: [{}] }) }));
    const names = Array.from({ length: 300 }, (_, number) => `${number}`);
    const found = await findManyAtIndex(other, names, {});
    expect([...found.values()].every((answer) => CardumeError.is(answer) && answer.reason === 'FILE_NOT_SHARED')).toBe(
      true,
    );
    expect(asked).toEqual({ lookup: 300, search: 0 });
  });

  test('about digests, sizes and holders: what cannot be is passed over', async () => {
    const hits = [
      { ...hit, digest: 'short', holders: [holder] },
      { ...hit, sizeBytes: -1, holders: [holder] },
      { ...hit, holders: [{ ...holder, host: '../..' }, { ...holder, port: 0 }, holder] },
    ];
    const { other } = await startOther(() => ({ lookup: async () => ({ results: [{ hits }] }) }));
    const results: Hit[][] = [];
    for await (const found of other.lookup(['plain.txt'])) results.push(found);
    expect(results).toMatchObject([[{ ...hit, holders: [holder] }]]);
  });

  test('with another file than was asked for is not believed', async () => {
    const { other } = await startOther((real) => ({
      lookup: ({ queries }, context) =>
        real.lookup({ queries: queries.map(() => 'plain.txt'), includeFolders: true }, context),
    }));
    const found = await findManyAtIndex(other, ['notes.md', digestOf('unknown')], {});
    for (const answer of found.values()) expect(answer).toMatchObject({ reason: 'FILE_NOT_SHARED' });
    expect(found.size).toBe(2);
  });

  test('with an answer of 5 MiB is refused with a clear error', async () => {
    const hits = Array.from({ length: 5_000 }, () => ({ ...hit, name: 'x'.repeat(1_000), holders: [holder] }));
    const { other } = await startOther(() => ({ lookup: async () => ({ results: [{ hits }] }) }));
    const found = await findManyAtIndex(other, ['plain.txt'], {});
    expect(found.get('plain.txt')).toMatchObject({ reason: 'LIMIT_REACHED' });
  });
});
