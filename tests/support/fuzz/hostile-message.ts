import type { DescField, DescMessage } from '@bufbuild/protobuf';
import { ScalarType } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { numbers, texts } from './hostile-values.ts';
import { randomWire } from './random-wire.ts';
import { bytesField, numberField } from './wire.ts';

/** Values that a field of a name may have in real use, by that name: `peer_id`. Others get any. */
export type PlausibleValues = Readonly<Record<string, readonly string[]>>;

const nothing = new Uint8Array();
/** So many entries are in a repeated field, now and then: over its bounds, and as many as may be in a message of that size. */
const manyEntries = [1_000, 1_001, 10_001, 20_000];
const maxManyBytes = 2 * 1024 * 1024;

/**
 * Messages of a type, each field of which is there or not, and has a value that is plausible or hostile. Besides there may be
 * fields of whatever number and kind, and so also a known one a second time or with another wire type.
 */
export function hostileMessages(type: DescMessage, plausible: PlausibleValues): fc.Arbitrary<Uint8Array> {
  const extra = fc.oneof(
    { weight: 9, arbitrary: fc.constant<Uint8Array>(nothing) },
    { weight: 1, arbitrary: randomWire },
  );
  const fields = type.fields.map((field) =>
    fc.oneof(
      { weight: 1, arbitrary: fc.constant<Uint8Array>(nothing) },
      { weight: 4, arbitrary: fieldBytes(field, plausible) },
    ),
  );
  return fc.tuple(...fields, extra).map((parts) => Buffer.concat(parts));
}

function fieldBytes(field: DescField, plausible: PlausibleValues): fc.Arbitrary<Uint8Array> {
  const one = entryBytes(field, plausible);
  if (field.fieldKind !== 'list') return one;
  const many = fc.tuple(one, fc.constantFrom(...manyEntries)).map(([entry, count]) => {
    const fitting = Math.min(count, Math.floor(maxManyBytes / Math.max(1, entry.length)));
    return Buffer.alloc(entry.length * fitting, entry);
  });
  return fc.oneof(
    { weight: 500, arbitrary: fc.array(one, { maxLength: 4 }).map((entries) => Buffer.concat(entries)) },
    { weight: 1, arbitrary: many },
  );
}

function entryBytes(field: DescField, plausible: PlausibleValues): fc.Arbitrary<Uint8Array> {
  const { number, message } = field;
  if (message !== undefined) {
    return hostileMessages(message, plausible).map((inner) => bytesField(number, inner));
  }
  if (isText(field)) return texts(plausible[field.name] ?? []).map((value) => bytesField(number, value));
  // Numbers, enums and truth values are all varints, and take each other's values on the wire.
  return numbers.map((value) => numberField(number, value));
}

function isText(field: DescField): boolean {
  return 'scalar' in field && (field.scalar === ScalarType.STRING || field.scalar === ScalarType.BYTES);
}
