import {
  accessSync,
  constants,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, posix, relative, win32 } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { fuzzSettings } from '../../../../tests/support/fuzz/fuzz-settings.ts';
import { randomNames } from '../../../../tests/support/random-names.ts';
import { inspectTree } from '../../src/adapters/disk/inspect-tree.ts';
import { makeFolder } from '../../src/adapters/disk/make-entry.ts';
import { placeFile } from '../../src/adapters/disk/place-file.ts';
import { partNames } from '../../src/core/download/part-names.ts';
import { parseFolderManifest } from '../../src/core/folder/parse-folder-manifest.ts';
import { CardumeError, nameProblem, pieceHash } from '../../src/index.ts';
import { placeCanaries } from './canaries.ts';

const file = 'clients/typescript/test/safe-paths/random-names.fuzz.test.ts';
const root = realpathSync(mkdtempSync(join(folderForFiles(), 'cardume-test-')));
afterAll(() => rmSync(root, { recursive: true }));
const { folder, look } = placeCanaries(root);
const before = look();
const planted = readdirSync(folder).sort();
const bytes = Buffer.from('what came');
const digest = pieceHash(bytes, bytes.length).toString('hex');
/** With so many, a good part of the names are fine. */
const enoughCases = 1_000;
/** After how many files that were placed they are removed, and all else is looked at. */
const placedAtOnce = 200;

/** In memory where that is a file system: each file is flushed to what it stands on. */
function folderForFiles(): string {
  const memory = '/dev/shm';
  try {
    accessSync(memory, constants.W_OK);
    return memory;
  } catch {
    return tmpdir();
  }
}

test(
  'no random name is taken that leads out of its folder, by the rules of any system',
  () => {
    const { cases, seed, again } = fuzzSettings(file, { share: 1 });
    let taken = 0;
    const { failed, counterexample, errorInstance } = fc.check(
      fc.property(randomNames, (name) => {
        if (nameProblem(name) !== null) return;
        taken += 1;
        const path = join(folder, name);
        // No part of it is anything but itself: it says the same path joined, resolved, and told from the folder.
        if (path !== `${folder}/${name}` || posix.resolve(folder, name) !== path || relative(folder, path) !== name) {
          throw new Error('it is another path than it says');
        }
        if (!win32.resolve('C:\\folder', name).startsWith('C:\\folder\\'))
          throw new Error('it leaves a folder of Windows');
        const last = basename(name);
        for (const beside of Object.values(partNames(last))) {
          if (beside === last || beside.includes('/') || nameProblem(beside) !== null) {
            throw new Error(`a download would keep ${beside} beside it`);
          }
        }
      }),
      { numRuns: cases, seed },
    );
    process.stderr.write(`fuzz: ${cases} names, ${taken} of them taken\n`);
    if (failed)
      throw new Error(`${JSON.stringify(counterexample)}; the same again: ${again}`, { cause: errorInstance });
    if (cases >= enoughCases) expect(taken).toBeGreaterThan(cases / 20);
  },
  10 * 60_000,
);

/** Puts a file where a folder's manifest says, as `getFolder` does. @returns its path */
async function place(name: string): Promise<string> {
  const content = parseFolderManifest(Buffer.from(`cardume-folder 1\nfile ${digest} ${bytes.length} ${name}\n`));
  const { missing } = await inspectTree(folder, content, () => {}, new AbortController().signal);
  // What is there already would not be fetched; nothing that is planted has these bytes.
  if (missing.length === 0) throw new CardumeError('TARGET_EXISTS', 'other content stands there');
  for (const parent of content.folders) await makeFolder(join(folder, parent));
  const path = join(folder, name);
  const partPath = join(dirname(path), partNames(basename(name)).part);
  const outcome = placeFile({ bytes, digest, path, partPath });
  if (outcome !== 'placed') throw new CardumeError('TARGET_EXISTS', `it is ${outcome}`);
  return path;
}

test(
  'files of random names are placed at just their paths, and nothing else is touched',
  async () => {
    const { cases, seed, again } = fuzzSettings(file, { share: 0.2 });
    let placed = 0;
    const refused = new Map<string, number>();
    const clear = (): void => {
      for (const name of readdirSync(folder)) {
        if (!planted.includes(name)) rmSync(join(folder, name), { recursive: true });
      }
      rmSync(join(folder, 'there'), { recursive: true });
      mkdirSync(join(folder, 'there'));
      expect(look()).toEqual(before);
    };
    const { failed, counterexample, errorInstance } = await fc.check(
      fc.asyncProperty(randomNames, async (name) => {
        let path: string;
        try {
          path = await place(name);
        } catch (error) {
          // A name that ends where another one has a folder, or that needs one where another one is a file.
          if (!CardumeError.is(error)) throw error;
          refused.set(error.reason, (refused.get(error.reason) ?? 0) + 1);
          return;
        }
        if (realpathSync(path) !== `${folder}/${name}`) throw new Error('it stands at another path than it says');
        if (!readFileSync(path).equals(bytes)) throw new Error('it has other bytes');
        placed += 1;
        if (placed % placedAtOnce === 0) clear();
      }),
      { numRuns: cases, seed, endOnFailure: true },
    );
    const counts = JSON.stringify(Object.fromEntries(refused));
    process.stderr.write(`fuzz: ${cases} names, ${placed} of them placed, others refused: ${counts}\n`);
    if (failed)
      throw new Error(`${JSON.stringify(counterexample)}; the same again: ${again}`, { cause: errorInstance });
    clear();
    for (const reason of refused.keys()) expect(['FOLDER_REFUSED', 'TARGET_EXISTS']).toContain(reason);
    if (cases >= enoughCases) expect(placed).toBeGreaterThan(cases / 20);
  },
  10 * 60_000,
);
