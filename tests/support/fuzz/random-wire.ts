import fc from 'fast-check';
import { bytesField, numberField, tag, varint, wireTypes } from './wire.ts';

const { groupStart, groupEnd, fixed32, fixed64, bytes } = wireTypes;

const fieldNumbers = fc.oneof(
  { weight: 12, arbitrary: fc.integer({ min: 1, max: 12 }) },
  { weight: 1, arbitrary: fc.constantFrom(0, 15, 16, 19_000, 2 ** 29 - 1, 2 ** 29, 2 ** 32) },
);

const notNumbers = ['000000000000f87f', '000000000000f0ff', 'ffffffffffffffff', '0100000000000000'];
const eightBytes = fc.constantFrom(...notNumbers.map((hex) => Buffer.from(hex, 'hex')));
const fourBytes = fc.constantFrom(Buffer.from('0000c07f', 'hex'), Buffer.alloc(4), Buffer.alloc(4, 0xff));

/** A field that has none in it. */
const leaves: fc.Arbitrary<Uint8Array> = fc.oneof(
  fc.tuple(fieldNumbers, fc.bigInt(0n, 2n ** 64n - 1n)).map(([number, value]) => numberField(number, value)),
  fc.tuple(fieldNumbers, fc.uint8Array({ maxLength: 12 })).map(([number, value]) => bytesField(number, value)),
  fc.tuple(fieldNumbers, eightBytes).map(([number, value]) => Buffer.concat([tag(number, fixed64), value])),
  fc.tuple(fieldNumbers, fourBytes).map(([number, value]) => Buffer.concat([tag(number, fixed32), value])),
  // A length that is not there, or that no message has; a tag or number that does not end; wire types that there are not.
  fc
    .tuple(fieldNumbers, fc.constantFrom(1, 127, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 2n ** 63n))
    .map(([number, length]) => Buffer.concat([tag(number, bytes), varint(length)])),
  fc.constantFrom(...['80', 'ffffffffffffffffffff', 'ffffffffffffffffffff01'].map((hex) => Buffer.from(hex, 'hex'))),
  fc.tuple(fieldNumbers, fc.constantFrom(groupStart, groupEnd, 6, 7)).map(([number, type]) => tag(number, type)),
);

function nested(inner: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Uint8Array> {
  const body = fc.array(inner, { maxLength: 3 }).map((fields) => Buffer.concat(fields));
  return fc.oneof(
    { weight: 3, arbitrary: inner },
    { weight: 2, arbitrary: fc.tuple(fieldNumbers, body).map(([number, value]) => bytesField(number, value)) },
    {
      weight: 1,
      arbitrary: fc
        .tuple(fieldNumbers, body)
        .map(([number, value]) => Buffer.concat([tag(number, groupStart), value, tag(number, groupEnd)])),
    },
  );
}

/** Groups in groups, so deep that who follows them one call for each runs out of stack. */
const deepGroups = [99, 101, 5_000, 100_000].flatMap((depth) => {
  const starts = Buffer.alloc(depth, tag(9, groupStart));
  return [starts, Buffer.concat([starts, Buffer.alloc(depth, tag(9, groupEnd))])];
});

/** Messages in messages, all in the field of one number. */
function deepMessages(number: number): Buffer {
  let message: Buffer = Buffer.alloc(0);
  for (let depth = 0; depth < 500; depth++) message = bytesField(number, message);
  return message;
}

/** Bytes with the structure of a protobuf message, of whatever type. */
export const randomWire: fc.Arbitrary<Uint8Array> = fc.oneof(
  {
    weight: 120,
    arbitrary: fc.array(nested(nested(leaves)), { maxLength: 4 }).map((fields) => Buffer.concat(fields)),
  },
  { weight: 1, arbitrary: fc.constantFrom(...deepGroups, ...[3, 4, 6].map(deepMessages)) },
);
