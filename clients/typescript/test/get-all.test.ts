import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type RunningIndex, startIndex } from '@cardume/index';
import { type RunningPeer, startPeer } from '@cardume/peer';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { temporaryFolder } from '../../../tests/support/temporary-folder.ts';
import { mapConcurrently } from '../src/core/concurrency/map-concurrently.ts';
import { type Cardume, connect, formatAddress, type GetAllOptions, type GetOutcome } from '../src/index.ts';
import { patternBytes } from './support/pattern.ts';
import { startScriptedHolder } from './support/scripted-holder.ts';

const root = temporaryFolder();
const small = Array.from({ length: 300 }, (_, at) => ({
  name: `small-${String(at).padStart(3, '0')}`,
  content: patternBytes(1 + ((at * 7_919) % 200_000), at + 1),
}));
const large = ['large-a', 'large-b'].map((name, at) => ({ name, content: patternBytes(3_333_333, 900 + at) }));
const files = [...small, ...large, { name: 'empty', content: Buffer.alloc(0) }];
let index: RunningIndex;
let peer: RunningPeer;
let cardume: Cardume;
let downloads = 0;

beforeAll(async () => {
  const folder = join(root, 'shared');
  await mkdir(folder);
  await Promise.all(files.map(({ name, content }) => writeFile(join(folder, name), content)));
  index = await startIndex({ listen: '127.0.0.1:0', logLevel: 'silent' });
  const address = formatAddress(index.address);
  peer = await startPeer({ paths: [folder], index: address, stateFolder: join(root, 'state'), logLevel: 'silent' });
  cardume = connect({ index: address });
});

afterAll(async () => {
  cardume.close();
  await peer.stop(0);
  await index.stop(0);
});

async function getAll(names: string[], options: GetAllOptions = {}) {
  const folder = options.folder ?? join(root, `downloads-${downloads++}`);
  const outcomes: GetOutcome[] = [];
  for await (const outcome of cardume.getAll(names, { ...options, folder })) outcomes.push(outcome);
  expect(outcomes.map(({ nameOrDigest }) => nameOrDigest).toSorted()).toEqual(names.toSorted());
  return { folder, outcomes };
}

async function expectAllIn(folder: string): Promise<void> {
  // Nothing but the files: no part, no lock, no journal.
  expect((await readdir(folder)).toSorted()).toEqual(files.map(({ name }) => name).toSorted());
  for (const { name, content } of files) expect((await readFile(join(folder, name))).equals(content)).toBe(true);
}

describe('several files', () => {
  test.each(['the index', 'a peer'])('come from %s, small and large, each with its bytes', async (whom) => {
    const from = whom === 'a peer' ? { from: peer.address } : {};
    const { folder, outcomes } = await getAll(
      files.map(({ name }) => name),
      from,
    );
    expect(outcomes.filter(({ error }) => error !== undefined)).toEqual([]);
    await expectAllIn(folder);
    const bytes = outcomes.map(({ result }) => result?.receivedBytes ?? 0).reduce((sum, each) => sum + each);
    expect(bytes).toBe(files.reduce((sum, { content }) => sum + content.length, 0));
  });

  test('that are there already are not fetched again', async () => {
    const { folder } = await getAll(files.map(({ name }) => name));
    const { outcomes } = await getAll(
      files.map(({ name }) => name),
      { folder },
    );
    expect(outcomes.every(({ result }) => result?.alreadyPresent === true && result.receivedBytes === 0)).toBe(true);
    await expectAllIn(folder);
  });

  test('fail each by itself: what is unknown, and what stands there with other content', async () => {
    const folder = join(root, 'occupied');
    await mkdir(folder);
    await writeFile(join(folder, 'small-007'), 'mine');
    const { outcomes } = await getAll(['small-006', 'small-007', 'nowhere', 'large-a'], { folder });
    const reasons = Object.fromEntries(outcomes.map(({ nameOrDigest, error }) => [nameOrDigest, error?.reason]));
    expect(reasons).toEqual({
      'small-006': undefined,
      'small-007': 'TARGET_EXISTS',
      nowhere: 'FILE_NOT_SHARED',
      'large-a': undefined,
    });
    expect(await readFile(join(folder, 'small-007'), 'utf8')).toBe('mine');
    const { outcomes: replaced } = await getAll(['small-007'], { folder, overwrite: true });
    expect(replaced[0]?.error).toBeUndefined();
    expect((await readFile(join(folder, 'small-007'))).equals(small[7]?.content ?? Buffer.alloc(0))).toBe(true);
  });

  test('come also where an earlier run was killed between a part and its name', async () => {
    const folder = join(root, 'leftover');
    await mkdir(folder);
    await writeFile(join(folder, 'small-001.cardume-part'), 'not the bytes');
    const { outcomes } = await getAll(['small-001', 'small-002'], { folder });
    expect(outcomes.map(({ error }) => error)).toEqual([undefined, undefined]);
    expect((await readdir(folder)).toSorted()).toEqual(['small-001', 'small-002']);
    expect((await readFile(join(folder, 'small-001'))).equals(small[1]?.content ?? Buffer.alloc(0))).toBe(true);
  });

  test('with the same name twice are one file', async () => {
    const { folder, outcomes } = await getAll(['small-010', 'small-010', 'small-010']);
    expect(outcomes.every(({ result }) => result !== undefined)).toBe(true);
    expect(await readdir(folder)).toEqual(['small-010']);
  });

  test('keep to one rate together', async () => {
    const startMs = performance.now();
    const { outcomes } = await getAll(['small-020', 'small-021', 'small-022', 'small-023'], {
      maxBytesPerSecond: 200_000,
    });
    const bytes = outcomes.reduce((sum, { result }) => sum + (result?.sizeBytes ?? 0), 0);
    // The bucket lets a tenth of a second pass at once, and what comes last is not waited for.
    const last = Math.max(...outcomes.map(({ result }) => result?.sizeBytes ?? 0));
    expect((performance.now() - startMs) / 1_000).toBeGreaterThan((bytes - last - 20_000) / 200_000);
  });

  test('end with CANCELLED when they are cancelled, and leave nothing unfinished', async () => {
    const abort = new AbortController();
    const folder = join(root, 'cancelled');
    const outcomes: GetOutcome[] = [];
    // So many that some are not begun with when the first ones are there.
    const names = Array.from({ length: 5 }, () => files.map(({ name }) => name)).flat();
    for await (const outcome of cardume.getAll(names, { folder, signal: abort.signal })) {
      outcomes.push(outcome);
      abort.abort();
    }
    const failed = outcomes.filter(({ error }) => error !== undefined);
    expect(failed.length).toBeGreaterThan(0);
    expect(failed.every(({ error }) => error?.reason === 'CANCELLED')).toBe(true);
    const whole = await readdir(folder);
    for (const name of whole) {
      const expected = files.find((file) => file.name === name)?.content;
      expect(expected === undefined ? name : (await readFile(join(folder, name))).equals(expected)).toBe(true);
    }
  });

  test('of a peer that lies are not written, and the peer is named', async () => {
    const liar = await startScriptedHolder(patternBytes(5_000), {
      chunk(chunk) {
        chunk[0] = (chunk[0] ?? 0) ^ 1;
        return chunk;
      },
    });
    try {
      const { folder, outcomes } = await getAll(['file'], { from: liar.holder });
      expect(outcomes[0]?.error?.reason).toBe('NO_HOLDER_LEFT');
      expect(outcomes[0]?.error?.message).toContain('wrong bytes');
      expect(await readdir(folder)).toEqual([]);
    } finally {
      await liar.stop();
    }
  });
});

describe('what is done with many items', () => {
  test('is done to all, so many at once and no more', async () => {
    let running = 0;
    let most = 0;
    const results: number[] = [];
    const twice = async (item: number): Promise<number> => {
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
      return item * 2;
    };
    for await (const result of mapConcurrently(Array(100).keys(), 7, twice)) results.push(result);
    expect(results.toSorted((a, b) => a - b)).toEqual([...Array(100).keys()].map((item) => item * 2));
    expect(most).toBe(7);
    for await (const result of mapConcurrently([], 7, twice)) throw new Error(`${result} of nothing`);
  });
});
