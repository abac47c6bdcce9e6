import { lstatSync, mkdirSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { failureOf } from '../../../../tests/support/failure-of.ts';
import { nastyNames, workingNames } from '../../../../tests/support/nasty-names.ts';
import { temporaryFolder } from '../../../../tests/support/temporary-folder.ts';
import { DigestBuilder, type ErrorReason, lastPart, nameProblem, usualPieceLength } from '../../src/index.ts';
import { placeCanaries, plantIn } from './canaries.ts';
import { type HostileNetwork, startHostileNetwork } from './hostile-network.ts';

const root = realpathSync(temporaryFolder());
const { folder, look } = placeCanaries(root);
const before = look();
const planted = readdirSync(folder).sort();
const small = Buffer.from('what came');
/** Too long to come in one go. */
const large = Buffer.alloc(1024 * 1024 + 1, 'x');
let network: HostileNetwork;

beforeAll(async () => {
  network = await startHostileNetwork();
});
afterAll(() => network.stop());

/** Downloads a file, or a folder's manifest, under a name; what becomes of it; and looks at all that is to be as it was. */
async function outcomeOf(digest: string, name: string): Promise<ErrorReason | 'placed'> {
  const options = { folder, name, blocksThread: true, holderWaitMs: 0 };
  let outcome: ErrorReason | 'placed' = 'placed';
  try {
    expect((await network.cardume.get(digest, options)).path).toBe(join(folder, name));
  } catch (error) {
    outcome = (await failureOf(() => Promise.reject(error))).reason;
  }
  expect(look()).toEqual(before);
  return outcome;
}

/** The bytes that came stand at just this path, which is no link, and beside them nothing else is new. They are removed. */
function takeAway(path: string, bytes: Buffer): void {
  expect(realpathSync(path)).toBe(path);
  expect(lstatSync(path).isFile()).toBe(true);
  expect(readFileSync(path).equals(bytes)).toBe(true);
  rmSync(path);
  expect(readdirSync(folder).sort()).toEqual(planted);
}

const shown = (name: string): string => JSON.stringify(name.length > 60 ? `${name.slice(0, 60)}…` : name);
const table = nastyNames.map((row) => [shown(row.name), row.why, row.name] as const);

test('there are enough of them, each one once', () => {
  expect(nastyNames.length).toBeGreaterThanOrEqual(200);
  expect(new Set([...nastyNames.map(({ name }) => name), ...workingNames]).size).toBe(
    nastyNames.length + workingNames.length,
  );
});

test.each(table)('%s has the problem %j', (_shown, why, name) => {
  expect(nameProblem(name)).toEqual(why === null ? null : expect.stringContaining(why));
});

describe.each([
  // It comes in one go, and so without a journal or a lock.
  ['a small file', small, 'placed'],
  ['a large file', large, 'LOCAL_IO_FAILED'],
] as const)('as the name of %s', (_what, bytes, withoutJournal) => {
  test.each(table)('%s is refused (%j), or a file is placed at that path', async (_shown, why, name) => {
    const isSafe = why === null && !name.includes('/');
    const outcome = await outcomeOf(network.put('x', bytes), name);
    expect(outcome).toBe(isSafe ? 'placed' : 'UNSAFE_NAME');
    if (isSafe) takeAway(join(folder, name), bytes);
    expect(readdirSync(folder).sort()).toEqual(planted);
  });

  test.each(workingNames.map((name) => [shown(name), name]))(
    "%s is refused: it is a download's own",
    async (_, name) => {
      expect(await outcomeOf(network.put('x', bytes), name)).toBe('UNSAFE_NAME');
      expect(readdirSync(folder).sort()).toEqual(planted);
    },
  );

  test.each<[string, ErrorReason | 'placed']>([
    ['there.txt', 'TARGET_EXISTS'],
    ['there', 'TARGET_EXISTS'],
    ['link-to-folder', 'TARGET_EXISTS'],
    ['link-to-file', 'TARGET_EXISTS'],
    ['link-to-nothing', 'TARGET_EXISTS'],
    ['link-to-itself', 'TARGET_EXISTS'],
    ['part-is-link', 'LOCAL_IO_FAILED'],
    ['part-leads-nowhere', 'LOCAL_IO_FAILED'],
    ['part-is-folder', 'LOCAL_IO_FAILED'],
    ['journal-is-link', withoutJournal],
    ['lock-is-link', withoutJournal],
  ])('%s, where something stands, is %s, and nothing else is written', async (name, expected) => {
    expect(await outcomeOf(network.put('x', bytes), name)).toBe(expected);
    if (expected === 'placed') takeAway(join(folder, name), bytes);
    expect(readdirSync(folder).sort()).toEqual(planted);
    expect(readFileSync(join(folder, 'there.txt'), 'utf8')).toBe('other content');
  });
});

test('what the index calls a file is refused, or is placed by the last part of that', async () => {
  const contents = new Map(
    nastyNames.map(({ name }, at) => {
      const content = Buffer.from(`content ${at}`);
      return [network.put(name.toWellFormed(), content), { name: lastPart(name.toWellFormed()), content }];
    }),
  );
  const options = { folder, blocksThread: true, holderWaitMs: 0 };
  let placed = 0;
  for await (const outcome of network.cardume.getAll([...contents.keys()], options)) {
    expect(look()).toEqual(before);
    const { name, content } = contents.get(outcome.nameOrDigest) ?? { name: '', content: small };
    if (outcome.result !== undefined) {
      placed += 1;
      expect(nameProblem(name)).toBeNull();
      expect(outcome.result.path).toBe(join(folder, name));
      expect(readFileSync(join(folder, name)).equals(content)).toBe(true);
    } else if (nameProblem(name) === null) expect(outcome.error.reason).toBe('TARGET_EXISTS');
    else expect(outcome.error.reason).toBe('UNSAFE_NAME');
  }
  expect(placed).toBeGreaterThan(100);
  for (const name of readdirSync(folder)) if (!planted.includes(name)) rmSync(join(folder, name));
  expect(look()).toEqual(before);
});

/** A folder's manifest with one file, whose name may be no text at all. */
function manifestWith(name: string, bytes: Buffer): Buffer {
  const builder = new DigestBuilder(usualPieceLength(bytes.length));
  builder.update(bytes);
  const head = Buffer.from(`cardume-folder 1\nfile ${builder.finish().digest} ${bytes.length} `);
  return Buffer.concat([head, bytesOf(name), Buffer.from('\n')]);
}

/** A text as UTF-8, and lone surrogates as if they were characters, which UTF-8 has not. */
function bytesOf(text: string): Buffer {
  const surrogate = (code: number): Buffer => Buffer.of(0xed, 0x80 | ((code >> 6) & 0x3f), 0x80 | (code & 0x3f));
  return Buffer.concat(
    Array.from(text, (character) =>
      character.isWellFormed() ? Buffer.from(character) : surrogate(character.charCodeAt(0)),
    ),
  );
}

describe('in a folder', () => {
  const tree = join(folder, 'tree');

  test.each(table)('%s is refused (%j), or a file is placed at that path', async (_shown, why, name) => {
    network.put('x', small);
    const digest = network.put('tree', manifestWith(name, small), { fileCount: 1, totalSizeBytes: small.length });
    expect(await outcomeOf(digest, 'tree')).toBe(why === null ? 'placed' : 'FOLDER_REFUSED');
    if (why === null) {
      const files = readdirSync(tree, { recursive: true, withFileTypes: true }).filter((entry) => !entry.isDirectory());
      expect(files.map((entry) => join(entry.parentPath, entry.name))).toEqual([join(tree, name)]);
      expect(realpathSync(join(tree, name))).toBe(join(tree, name));
      expect(readFileSync(join(tree, name)).equals(small)).toBe(true);
    }
    rmSync(tree, { recursive: true, force: true });
    expect(readdirSync(folder).sort()).toEqual(planted);
  });

  test.each([...workingNames, ...workingNames.map((name) => `${name}/x`), 'a/X.CARDUME-PART'])(
    '%s is refused',
    async (name) => {
      const digest = network.put('tree', manifestWith(name, small), { fileCount: 1, totalSizeBytes: small.length });
      expect(await outcomeOf(digest, 'tree')).toBe('FOLDER_REFUSED');
      expect(readdirSync(folder).sort()).toEqual(planted);
    },
  );

  test.each<[string, ErrorReason | 'placed']>([
    ['there.txt', 'TARGET_EXISTS'],
    ['there.txt/x', 'FOLDER_REFUSED'],
    ['there', 'FOLDER_REFUSED'],
    ['link-to-folder', 'FOLDER_REFUSED'],
    ['link-to-folder/x', 'FOLDER_REFUSED'],
    ['link-to-folder/deep/x', 'FOLDER_REFUSED'],
    ['link-to-file', 'FOLDER_REFUSED'],
    ['link-to-file/x', 'FOLDER_REFUSED'],
    ['link-to-nothing', 'FOLDER_REFUSED'],
    ['link-to-nothing/x', 'FOLDER_REFUSED'],
    ['link-to-itself/x', 'FOLDER_REFUSED'],
    ['part-is-link', 'LOCAL_IO_FAILED'],
    ['part-leads-nowhere', 'LOCAL_IO_FAILED'],
    ['journal-is-link', 'placed'],
    ['lock-is-link', 'placed'],
  ])('%s, where something stands, is %s', async (name, expected) => {
    mkdirSync(tree);
    plantIn(tree);
    const there = readdirSync(tree).sort();
    network.put('x', small);
    const digest = network.put('tree', manifestWith(name, small), { fileCount: 1, totalSizeBytes: small.length });
    expect(await outcomeOf(digest, 'tree')).toBe(expected);
    if (expected === 'placed') rmSync(join(tree, name));
    expect(readdirSync(tree).sort()).toEqual(there);
    rmSync(tree, { recursive: true });
    expect(dirname(tree)).toBe(folder);
  });
});
