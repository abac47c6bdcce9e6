/** The wire types of protobuf; 6 and 7 are none. */
export const wireTypes = { varint: 0, fixed64: 1, bytes: 2, groupStart: 3, groupEnd: 4, fixed32: 5 } as const;

/** A number as a varint; a negative one, as protobuf has it, with all 64 bits. */
export function varint(value: number | bigint): Buffer {
  if (typeof value === 'number' && value >= 0 && value < 0x80) return Buffer.of(value);
  let rest = BigInt.asUintN(64, BigInt(value));
  const bytes: number[] = [];
  for (; rest > 0x7fn; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  bytes.push(Number(rest));
  return Buffer.from(bytes);
}

/** What stands before a field. */
export function tag(fieldNumber: number, wireType: number): Buffer {
  return varint(BigInt(fieldNumber) * 8n + BigInt(wireType));
}

/** A field whose value is a varint. */
export function numberField(fieldNumber: number, value: number | bigint): Buffer {
  return Buffer.concat([tag(fieldNumber, wireTypes.varint), varint(value)]);
}

/** A field whose value has a length before it: text, bytes, a message. */
export function bytesField(fieldNumber: number, value: Uint8Array): Buffer {
  return Buffer.concat([tag(fieldNumber, wireTypes.bytes), varint(value.length), value]);
}

/** A message behind the prefix that gRPC puts before each. */
export function framed(message: Uint8Array): Buffer {
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}

/** The messages behind their prefixes in bytes that have come, and what is left behind the last whole one. */
export function unframed(bytes: Buffer): { messages: Uint8Array[]; rest: Buffer } {
  const messages: Uint8Array[] = [];
  let rest = bytes;
  while (rest.length >= 5 && rest.length >= 5 + rest.readUInt32BE(1)) {
    const end = 5 + rest.readUInt32BE(1);
    messages.push(Uint8Array.from(rest.subarray(5, end)));
    rest = rest.subarray(end);
  }
  return { messages, rest };
}

/** The fields of a message, each with its tag, as far as it is well formed. */
export function splitFields(message: Uint8Array): Uint8Array[] {
  const fields: Uint8Array[] = [];
  for (let start = 0; start < message.length; ) {
    const end = endOfField(message, start);
    if (end === undefined) return [...fields, message.subarray(start)];
    fields.push(message.subarray(start, end));
    start = end;
  }
  return fields;
}

function endOfField(message: Uint8Array, start: number): number | undefined {
  const afterTag = endOfVarint(message, start);
  if (afterTag === undefined) return undefined;
  const end = endOfValue(message, afterTag, (message[start] ?? 0) & 7);
  return end === undefined || end > message.length ? undefined : end;
}

function endOfValue(message: Uint8Array, start: number, wireType: number): number | undefined {
  if (wireType === wireTypes.varint) return endOfVarint(message, start);
  if (wireType === wireTypes.fixed64) return start + 8;
  if (wireType === wireTypes.fixed32) return start + 4;
  if (wireType !== wireTypes.bytes) return undefined;
  const end = endOfVarint(message, start);
  if (end === undefined) return undefined;
  let length = 0;
  for (let at = end - 1; at >= start; at--) length = length * 128 + ((message[at] ?? 0) & 0x7f);
  return end + length;
}

function endOfVarint(message: Uint8Array, start: number): number | undefined {
  for (let at = start; at < Math.min(message.length, start + 10); at++) if ((message[at] ?? 0) < 0x80) return at + 1;
  return undefined;
}
