import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { failureOf } from '../../../tests/support/failure-of.ts';
import { DigestBuilder } from '../src/core/digest/digest-builder.ts';
import { emptyFileDigest } from '../src/core/digest/manifest.ts';
import { caseCollision } from '../src/core/folder/case-collision.ts';
import { compareUtf8 } from '../src/core/folder/compare-utf8.ts';
import { type FolderEntry, folderManifest } from '../src/core/folder/folder-manifest.ts';
import { parseFolderManifest } from '../src/core/folder/parse-folder-manifest.ts';
import { nameProblem } from '../src/core/names/name-problem.ts';

const digest = '60aae9c7b428f87e0713e88229e18f0adf12cd7b22a0dd8a92bb2485eb7af242';
const file = (name: string, more: Partial<FolderEntry & { kind: 'file' }> = {}): FolderEntry => ({
  kind: 'file',
  name,
  sizeBytes: 65_536,
  digest,
  executable: false,
  ...more,
});
const lines = (...texts: string[]): Buffer => Buffer.from(['cardume-folder 1', ...texts, ''].join('\n'));
const line = (name: string): string => `file ${digest} 65536 ${name}`;

/** Any part of a name that a share may have. */
const part = fc
  .oneof(fc.string({ unit: 'grapheme', maxLength: 6 }), fc.constantFrom('a', 'A', 'é', '\u{1f600}', '\uffee', 'a.b'))
  .map((text) => text.normalize('NFC').replaceAll('/', ''))
  .filter((text) => nameProblem(text) === null);
const name = fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'));
/** Entries of which none is in another one. */
const entries = fc.uniqueArray(name, { maxLength: 30 }).map((names) => {
  const free = names.filter((one) => !names.some((other) => other.startsWith(`${one}/`)));
  return free.map((one, at): FolderEntry => {
    if (at % 5 === 4) return { kind: 'empty', name: one };
    return file(one, at % 3 === 0 ? { sizeBytes: 0, digest: emptyFileDigest } : { executable: at % 2 === 0 });
  });
});

describe("a folder's manifest", () => {
  test('is these bytes, and has this digest', () => {
    const bytes = folderManifest([
      file('b/run.sh', { executable: true }),
      file('b.txt', { sizeBytes: 0, digest: emptyFileDigest }),
      { kind: 'empty', name: 'empty' },
      file('é'),
    ]);
    expect(bytes.toString()).toBe(
      [
        'cardume-folder 1',
        `file ${emptyFileDigest} 0 b.txt`,
        `exec ${digest} 65536 b/run.sh`,
        'empty empty',
        `file ${digest} 65536 é`,
        '',
      ].join('\n'),
    );
    const builder = new DigestBuilder(1024 * 1024);
    builder.update(bytes);
    expect(builder.finish().digest).toBe('d0610764e565f5576ed8fd74834a60f3c1d765fde25983ab6b3cd88c722c312f');
    expect(parseFolderManifest(folderManifest([]))).toEqual({
      files: [],
      folders: [],
      fileCount: 0,
      totalSizeBytes: 0,
    });
  });

  test('is the same in whatever order its entries come, and says all of them', () => {
    fc.assert(
      fc.property(entries, fc.infiniteStream(fc.nat()), (list, numbers) => {
        const bytes = folderManifest(list);
        const shuffled = list.toSorted(() => (Number(numbers.next().value) % 2) - 0.5);
        expect(folderManifest(shuffled).equals(bytes)).toBe(true);
        const content = parseFolderManifest(bytes);
        const files = list.filter((entry) => entry.kind === 'file');
        expect(new Set(content.files)).toEqual(new Set(files));
        expect(content.fileCount).toBe(files.length);
        expect(content.totalSizeBytes).toBe(files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0));
        for (const entry of list) if (entry.kind === 'empty') expect(content.folders).toContain(entry.name);
        for (const [at, folder] of content.folders.entries()) {
          const parent = folder.slice(0, Math.max(0, folder.lastIndexOf('/')));
          if (parent !== '') expect(content.folders.indexOf(parent)).toBeLessThan(at);
        }
      }),
    );
  });

  test('with any byte changed is refused, or is the manifest of something else', () => {
    fc.assert(
      fc.property(entries, fc.nat(), fc.integer({ min: 1, max: 255 }), (list, at, change) => {
        const bytes = folderManifest(list);
        const place = at % bytes.length;
        bytes.writeUInt8(bytes.readUInt8(place) ^ change, place);
        try {
          const { files, folders } = parseFolderManifest(bytes);
          const parents = new Set(
            [...files.map((one) => one.name), ...folders].flatMap((one) =>
              one.split('/').map((_, end, all) => all.slice(0, end).join('/')),
            ),
          );
          const empty = folders
            .filter((one) => !parents.has(one))
            .map((one): FolderEntry => ({ kind: 'empty', name: one }));
          expect(folderManifest([...files, ...empty]).equals(bytes)).toBe(true);
        } catch (error) {
          expect(error).toMatchObject({ reason: 'FOLDER_REFUSED' });
        }
      }),
    );
  });

  test('orders names by the bytes of their UTF-8', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), (a, b) => {
        expect(Math.sign(compareUtf8(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
      }),
    );
    expect(compareUtf8('\uffee', '\u{1f600}')).toBeLessThan(0);
  });

  test.each<[string, Buffer, RegExp]>([
    ['nothing', Buffer.alloc(0), /empty/],
    ['another version', Buffer.from('cardume-folder 2\n'), /version/],
    ['bytes that are no text', Buffer.from([0xff, 0x0a]), /UTF-8/],
    ['a line without an end', Buffer.from('cardume-folder 1\nempty a'), /no end/],
    ['a line that is none', lines('link a b'), /no line/],
    ['a size with a zero before it', lines(`file ${digest} 065536 a`), /no line/],
    ['a size that is too large', lines(`file ${digest} 99999999999999 a`), /16 TiB/],
    ['a digest in capitals', lines(`file ${digest.toUpperCase()} 65536 a`), /no line/],
    ['an absolute name', lines(line('/etc/passwd')), /absolute/],
    ['a way out', lines(line('a/../../b')), /part ".."/],
    ['a name with a backslash', lines(line('a\\b')), /backslash/],
    ['a drive', lines(line('c:/x')), /drive/],
    ['a device', lines(line('a/nul.txt')), /device/],
    ['a name that steers terminals', lines(line('a\u001b[2J')), /control/],
    ['a name that turns text', lines(line('a\u202e')), /direction/],
    ['a name in another normal form', lines(line('e\u0301')), /normal form/],
    ['a name without an end', lines(line('a/')), /part of it is empty/],
    ['an empty folder with a slash', lines('empty a/'), /part of it is empty/],
    ['a name that is too long', lines(line('a'.repeat(256))), /longer/],
    ['a file that downloads work with', lines(line('a.cardume-part')), /work with/],
    ['a folder where one would be', lines(line('a.cardume-part/b')), /work with/],
    ['such a file in other cases', lines(line('a.CARDUME-Lock')), /work with/],
    ['a name twice', lines(line('a'), line('a')), /twice/],
    ['names out of order', lines(line('b'), line('a')), /order/],
    ['names in the order of UTF-16', lines(line('\u{1f600}'), line('\uffee')), /order/],
    ['a file that is a folder, too', lines(line('a'), line('a.b'), line('a/b')), /"a" has something/],
    ['an empty folder that is not', lines('empty a', line('a/b')), /"a" has something/],
    ['nothing that has bytes', lines(`file ${emptyFileDigest} 5 a`), /size/],
    ['something that has none', lines(`file ${digest} 0 a`), /size/],
    ['two sizes of one content', lines(line('a'), `file ${digest} 65537 b`), /size/],
  ])('with %s is refused', async (_what, bytes, message) => {
    const error = await failureOf(() => parseFolderManifest(bytes));
    expect(error).toMatchObject({ reason: 'FOLDER_REFUSED', code: 'FAILED_PRECONDITION' });
    expect(error.message).toMatch(message);
    expect(error.message).toMatch(/^[\x20-\x7e\u00a0-\uffff]+$/);
  });

  test('with more entries, folders or bytes than there may be is refused', async () => {
    const many = Array.from({ length: 200_001 }, (_, at) => file(String(at)));
    expect((await failureOf(() => parseFolderManifest(folderManifest(many)))).message).toMatch(/200000 entries/);
    const deep = Array.from({ length: 500 }, (_, at) => file(`${at}/${'a/'.repeat(450)}b`));
    expect((await failureOf(() => parseFolderManifest(folderManifest(deep)))).message).toMatch(/200000 folders/);
    const long = Buffer.alloc(64 * 1024 * 1024 + 1, 0x20);
    expect((await failureOf(() => parseFolderManifest(long))).message).toMatch(/67108864 bytes/);
  });
});

test('names that differ only in case are found, also in folders', () => {
  expect(caseCollision(['a', 'b', 'a/B', 'a/b'])).toEqual(['a/B', 'a/b']);
  expect(caseCollision(['straße', 'STRASSE'])).toEqual(['straße', 'STRASSE']);
  expect(caseCollision(['a', 'b', 'ab'])).toBeUndefined();
});
