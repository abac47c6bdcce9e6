import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { failureOf } from '../../../tests/support/failure-of.ts';
import { isAskedAgainAfter } from '../src/core/download/holder-patience.ts';
import { claimedPieces, journalHeaderLine, journalPieceLine, parseJournal } from '../src/core/download/journal-text.ts';
import { orderHolders } from '../src/core/download/order-holders.ts';
import { partNames } from '../src/core/download/part-names.ts';
import { PieceSet } from '../src/core/download/piece-set.ts';
import { resolveFile } from '../src/core/download/resolve-file.ts';
import type { Holder, SharedFile } from '../src/index.ts';

const digest = 'd'.repeat(64);
const mib = 1024 * 1024;

describe('a set of pieces', () => {
  test('is what a Set of numbers is', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 70 }), fc.array(fc.integer({ min: -3, max: 80 })), (count, added) => {
        const set = new PieceSet(count);
        const model = new Set<number>();
        for (const piece of added) set.add(piece);
        for (const piece of added.filter((candidate) => candidate >= 0 && candidate < count)) model.add(piece);
        expect([...set]).toEqual([...model].toSorted((a, b) => a - b));
        expect(set.size).toBe(model.size);
        const run = set.firstMissingRun();
        const missing = Array.from({ length: count }, (_, piece) => piece).filter((piece) => !model.has(piece));
        expect(run?.first).toBe(missing[0]);
        if (run !== undefined) {
          for (let piece = run.first; piece < run.end; piece++) expect(model.has(piece)).toBe(false);
          expect(run.end === count || model.has(run.end)).toBe(true);
        }
      }),
    );
  });
});

describe('a journal', () => {
  const header = { digest, sizeBytes: 10 * mib + 5, pieceLengthBytes: mib };

  test('gives back what was written, also when its last line was cut off', () => {
    const text = journalHeaderLine(header) + [0, 3, 10].map(journalPieceLine).join('');
    const whole = parseJournal(text);
    expect(whole).toMatchObject(header);
    expect([...(whole?.claimed ?? [])]).toEqual([0, 3, 10]);
    expect([...(parseJournal(`${text}1`)?.claimed ?? [])]).toEqual([0, 3, 10]);
  });

  test('of anything else is none, and never throws', () => {
    for (const text of ['', '\n', 'cardume journal 2 x', `cardume journal 1 ${digest} 99999999999999999 1048576\n`]) {
      expect(parseJournal(text)).toBeUndefined();
    }
    expect(parseJournal(`cardume journal 1 ${digest} 100 1000\n`)).toBeUndefined();
    fc.assert(fc.property(fc.string(), (text) => parseJournal(text) === undefined));
    const hostile = `${journalHeaderLine(header)}-1\n11\n99999999\nx\n1e3\n\n5\n`;
    expect([...(parseJournal(hostile)?.claimed ?? [])]).toEqual([5]);
  });

  test('at another piece length claims just the pieces that it covers', () => {
    const journal = parseJournal(journalHeaderLine(header) + [0, 1, 2, 3, 4, 10].map(journalPieceLine).join(''));
    if (journal === undefined) throw new Error('no journal');
    expect([...claimedPieces(journal, header.sizeBytes, mib)]).toEqual([0, 1, 2, 3, 4, 10]);
    expect([...claimedPieces(journal, header.sizeBytes, 2 * mib)]).toEqual([0, 1, 5]);
    expect([...claimedPieces(journal, header.sizeBytes, mib / 2)]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 20]);
    expect([...claimedPieces(journal, 3 * mib, mib)]).toEqual([0, 1, 2]);
    expect([...claimedPieces(journal, 20 * mib, mib)]).toEqual([0, 1, 2, 3, 4]);
  });
});

describe('the names beside a target', () => {
  test('are its own with an ending', () => {
    expect(partNames('a.iso')).toEqual({
      part: 'a.iso.cardume-part',
      journal: 'a.iso.cardume-journal',
      lock: 'a.iso.cardume-lock',
    });
  });

  test('fit into 255 bytes whatever the target, and differ where targets do', () => {
    const long = ['x'.repeat(255), `${'x'.repeat(254)}y`, '🐟'.repeat(63), 'é'.repeat(127)];
    const parts = long.map((name) => partNames(name).journal);
    for (const part of parts) expect(Buffer.byteLength(part)).toBeLessThanOrEqual(255);
    expect(new Set(parts).size).toBe(long.length);
  });
});

describe('holders are tried', () => {
  const holder = (port: number, change: Partial<Holder> = {}): Holder => ({
    peerId: String(port),
    host: '10.0.0.1',
    port,
    renewalAgeMs: 100,
    partial: false,
    reachable: true,
    reportCount: 0,
    restricted: false,
    ...change,
  });

  test('those that fewer report first, then whole ones, then reachable ones, then the freshest, each once', () => {
    const order = orderHolders([
      holder(1, { reachable: false }),
      holder(2, { renewalAgeMs: 5_000 }),
      holder(3),
      holder(4, { partial: true }),
      holder(3, { renewalAgeMs: 9_000 }),
      holder(5, { reportCount: 2 }),
      holder(6, { reportCount: 1, renewalAgeMs: 9_000 }),
    ]);
    expect(order.map(({ port }) => port)).toEqual([3, 2, 1, 4, 6, 5]);
  });
});

describe('a name or digest means', () => {
  const file = (name: string, mark: string): SharedFile => ({
    name,
    sizeBytes: 1,
    digest: mark.repeat(64),
    modifyTime: undefined,
  });
  const files = [file('docs/readme.md', 'a'), file('readme.md', 'b'), file('x/notes', 'c'), file('y/notes', 'c')];

  test('the whole name before the last part, and the last part before a digest', () => {
    expect(resolveFile('readme.md', files)[0].name).toBe('readme.md');
    expect(resolveFile('docs/readme.md', files)[0].name).toBe('docs/readme.md');
    expect(resolveFile('AAAAAAAA', files)[0].name).toBe('docs/readme.md');
    expect(resolveFile('a'.repeat(64), files)[0].name).toBe('docs/readme.md');
  });

  test('one file when several names have one content', () => {
    expect(resolveFile('notes', files).map(({ name }) => name)).toEqual(['x/notes', 'y/notes']);
  });

  test('nothing, clearly', async () => {
    expect(() => resolveFile('nope', files)).toThrow('no live peer shares "nope"');
    expect((await failureOf(() => resolveFile('aaaaaaa', files))).reason).toBe('FILE_NOT_SHARED');
  });

  test('no one of several contents, and says which there are', () => {
    const two = [file('p/same', 'd'), file('q/same', 'e')];
    expect(() => resolveFile('same', two)).toThrow(
      /is 2 different files[\s\S]*dddddddddddddddd[\s\S]*p\/same[\s\S]*eeee/,
    );
  });
});

test('a holder that has just been started is asked again for a file that it does not have yet, and no other one', () => {
  expect(isAskedAgainAfter({ reason: 'FILE_NOT_SHARED', retryDelayMs: 1_000 })).toBe(true);
  expect(isAskedAgainAfter({ reason: 'FILE_NOT_SHARED', retryDelayMs: undefined })).toBe(false);
  expect(isAskedAgainAfter({ reason: 'BYTES_MISMATCH', retryDelayMs: 1_000 })).toBe(false);
});
