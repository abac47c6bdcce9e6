import fc from 'fast-check';
import { splitFields } from './wire.ts';

/** What is done to a message: a change of a kind, at places that are taken modulo its length. */
interface Change {
  kind: number;
  at: number;
  other: number;
  byte: number;
}

const changes: ((bytes: Buffer, change: Change) => Uint8Array)[] = [
  flipBit,
  setByte,
  truncate,
  removeRange,
  repeatRange,
  insertByte,
  swapFields,
  repeatField,
  dropField,
];

const anyChange: fc.Arbitrary<Change> = fc.record({
  kind: fc.nat(changes.length - 1),
  at: fc.nat(0xffff),
  other: fc.nat(0xffff),
  byte: fc.nat(255),
});

/** Messages with one to four changes each. */
export function mutated(messages: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Uint8Array> {
  return fc
    .tuple(messages, fc.array(anyChange, { minLength: 1, maxLength: 4 }))
    .map(([message, made]) =>
      made.reduce((bytes, change) => changes[change.kind]?.(Buffer.from(bytes), change) ?? bytes, message),
    );
}

function flipBit(bytes: Buffer, { at, byte }: Change): Uint8Array {
  return setByte(bytes, { kind: 0, at, other: 0, byte: (bytes[at % bytes.length] ?? 0) ^ (1 << (byte & 7)) });
}

function setByte(bytes: Buffer, { at, byte }: Change): Uint8Array {
  if (bytes.length > 0) bytes[at % bytes.length] = byte;
  return bytes;
}

function truncate(bytes: Buffer, { at }: Change): Uint8Array {
  return bytes.subarray(0, at % (bytes.length + 1));
}

function removeRange(bytes: Buffer, { at, byte }: Change): Uint8Array {
  const start = at % (bytes.length + 1);
  return Buffer.concat([bytes.subarray(0, start), bytes.subarray(start + (byte & 15))]);
}

function repeatRange(bytes: Buffer, { at, byte }: Change): Uint8Array {
  const start = at % (bytes.length + 1);
  const end = start + byte;
  return Buffer.concat([bytes.subarray(0, end), bytes.subarray(start, end), bytes.subarray(end)]);
}

function insertByte(bytes: Buffer, { at, byte }: Change): Uint8Array {
  const start = at % (bytes.length + 1);
  return Buffer.concat([bytes.subarray(0, start), Buffer.of(byte), bytes.subarray(start)]);
}

function swapFields(bytes: Buffer, { at, other }: Change): Uint8Array {
  const fields = splitFields(bytes);
  const [one, two] = [at % fields.length, other % fields.length];
  const [first, second] = [fields[one], fields[two]];
  if (first === undefined || second === undefined) return bytes;
  return Buffer.concat(fields.with(one, second).with(two, first));
}

function repeatField(bytes: Buffer, { at, other }: Change): Uint8Array {
  const fields = splitFields(bytes);
  const field = fields[at % fields.length];
  return field === undefined ? bytes : Buffer.concat(fields.toSpliced(other % (fields.length + 1), 0, field));
}

function dropField(bytes: Buffer, { at }: Change): Uint8Array {
  const fields = splitFields(bytes);
  return fields.length === 0 ? bytes : Buffer.concat(fields.toSpliced(at % fields.length, 1));
}
