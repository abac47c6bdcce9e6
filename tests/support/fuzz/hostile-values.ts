import fc from 'fast-check';

const text = (value: string): Buffer => Buffer.from(value);

/** Texts that have hurt somebody's program: as bytes, since some of them are no texts at all. */
const hostileTexts: Buffer[] = [
  ...['', ' ', '\u0000', 'a\u0000b', '\n', '\r\n', '\u001b[2J', '\u007f', '\u009b', '\u2028'],
  ...['gpj.\u202eexe', '\u2066', '\u200f', '\u200b', '\ufeff', '\ufdfa'.repeat(64), 'e\u0301', '\u00e9', 'İ', 'ﬀ', 'ß'],
  ...['../x', '..', '/etc/passwd', 'a\\..\\b', 'C:', 'CON', 'a/', 'a//b', '.cardume-part', 'x.cardume-lock', 'a/./b'],
  ...[
    '*',
    '?',
    '**'.repeat(64),
    '[',
    '"',
    '""',
    '"a',
    "'",
    ';--',
    '%',
    '_',
    '-',
    '--',
    'a -a',
    'ext:',
    'ext:,',
    'size:>',
  ],
  ...[
    'size:1G..',
    'size:>=99999999999999999999',
    'digest:',
    'digest:zz',
    'NEAR(a b)',
    'a OR b',
    'name:x',
    '{a}',
    '^a',
    '+',
  ],
  ...[
    '0',
    '-1',
    '1e309',
    'NaN',
    '__proto__',
    'constructor',
    'toString',
    '\ud83d\udc1f',
    '0.0.0.0',
    '::',
    '[::1]',
    'a b',
  ],
  ...['x'.repeat(255), 'x'.repeat(256), 'x'.repeat(1_024), 'd/'.repeat(512), 'a '.repeat(200), '\u0301'.repeat(500)],
].map(text);

/** Bytes that are no UTF-8: lone surrogates, overlong forms, what never stands in one, what is cut off. */
const notTexts = [
  'eda080',
  'edbfbf',
  '61eda08062',
  'c0af',
  'c0ae2f',
  'e080af',
  'ff',
  'fe',
  '80',
  'f4908080',
  'e282',
  'f09f90',
];
for (const hex of notTexts) hostileTexts.push(Buffer.from(hex, 'hex'));

const hugeTexts = [
  Buffer.alloc(70_000, 'x'),
  Buffer.alloc(70_000, '\u202e'),
  Buffer.alloc(200_000),
  Buffer.alloc(66_000, 0xff),
];

/** A text field's bytes: mostly one that is plausible, so that what stands behind it is looked at, a hostile one, or any. */
export function texts(plausible: readonly string[]): fc.Arbitrary<Uint8Array> {
  const known = plausible.length === 0 ? [''] : plausible;
  return fc.oneof(
    { weight: 200, arbitrary: fc.constantFrom(...known.map(text)) },
    { weight: 16, arbitrary: fc.constantFrom(...hostileTexts) },
    { weight: 6, arbitrary: fc.string({ maxLength: 10 }).map(text) },
    { weight: 4, arbitrary: fc.string({ unit: 'binary', maxLength: 6 }).map(text) },
    { weight: 4, arbitrary: fc.uint8Array({ maxLength: 10 }) },
    {
      weight: 4,
      arbitrary: fc.bigInt(0n, 2n ** 256n - 1n).map((digest) => text(digest.toString(16).padStart(64, '0'))),
    },
    { weight: 1, arbitrary: fc.constantFrom(...hugeTexts) },
  );
}

const edges = [0n, 1n, 2n ** 14n, 2n ** 31n, 2n ** 32n, 2n ** 44n, 2n ** 53n, 2n ** 63n, 2n ** 64n - 1n, 253402300800n];

/** A number field's value, of whatever width: mostly small, at an edge, or any; negative as well. */
export const numbers: fc.Arbitrary<bigint> = fc.oneof(
  { weight: 70, arbitrary: fc.integer({ min: 0, max: 300 }).map(BigInt) },
  {
    weight: 6,
    arbitrary: fc
      .tuple(fc.constantFrom(...edges), fc.integer({ min: -1, max: 1 }))
      .map(([edge, by]) => edge + BigInt(by)),
  },
  { weight: 2, arbitrary: fc.constantFrom(...edges).map((edge) => -edge) },
  { weight: 2, arbitrary: fc.bigInt(0n, 2n ** 64n - 1n) },
);
