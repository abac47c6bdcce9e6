import { DownloadResponse } from '@cardume/proto/transfer/v1';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { failureOf } from '../../../tests/support/failure-of.ts';
import { chunkHeaderBytes, frameChunk, frameMessage, maxChunkBytes } from '../src/core/wire/chunk-frame.ts';
import { DownloadReader } from '../src/core/wire/download-reader.ts';
import { patternBytes } from './support/pattern.ts';

const lengths = fc.oneof(
  { weight: 1, arbitrary: fc.constantFrom(1, 127, 128, 16_383, 16_384, 65_536, maxChunkBytes - 1, maxChunkBytes) },
  { weight: 3, arbitrary: fc.integer({ min: 1, max: 40_000 }) },
);

/** A chunk as the generated code encodes it, with gRPC's prefix. */
function generated(bytes: Uint8Array): Buffer {
  return frameMessage(DownloadResponse.encode({ payload: { $case: 'chunk', value: bytes } }).finish());
}

function varint(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...varint(value >>> 7)];
}

/** One field of a message, with a number and a wire type as the specification of Protocol Buffers has them. */
const unknownField = fc.oneof(
  fc.tuple(fc.integer({ min: 3, max: 3_000 }), fc.nat(2 ** 31 - 1)).map(([field, value]) => {
    return Buffer.from([...varint(field << 3), ...varint(value)]);
  }),
  fc.tuple(fc.integer({ min: 3, max: 3_000 }), fc.uint8Array({ maxLength: 200 })).map(([field, bytes]) => {
    return Buffer.concat([Buffer.from([...varint((field << 3) | 2), ...varint(bytes.length)]), bytes]);
  }),
  fc.tuple(fc.integer({ min: 3, max: 3_000 }), fc.uint8Array({ minLength: 8, maxLength: 8 })).map(([field, bytes]) => {
    return Buffer.concat([Buffer.from(varint((field << 3) | 1)), bytes]);
  }),
);
const chunkField = fc.uint8Array({ maxLength: 300 }).map((bytes) => {
  return Buffer.concat([Buffer.from([0x12, ...varint(bytes.length)]), bytes]);
});
const fileField = fc
  .record({
    name: fc.string(),
    sizeBytes: fc.nat(),
    digest: fc.string(),
    modifyTime: fc.constant(undefined),
    partial: fc.boolean(),
    folder: fc.option(fc.record({ fileCount: fc.nat(), totalSizeBytes: fc.nat() }), { nil: undefined }),
  })
  .map((value) => Buffer.from(DownloadResponse.encode({ payload: { $case: 'file', value } }).finish()));
/** Any message that may come: one chunk, as holders send it, or fields that are twice there, or that nobody knows. */
const message = fc.oneof(
  chunkField,
  fc.array(fc.oneof(unknownField, chunkField, fileField), { maxLength: 5 }).map((fields) => Buffer.concat(fields)),
);

/** What a reader finds in a stream that is cut at these places: each message as the generated code decodes it. */
function read(stream: Buffer, cuts: readonly number[]): unknown[] {
  const found: { $case: string; value: unknown }[] = [];
  let chunk: Buffer[] = [];
  const endChunk = (): void => {
    if (chunk.length > 0) found.push({ $case: 'chunk', value: Buffer.concat(chunk).toString('hex') });
    chunk = [];
  };
  const reader = new DownloadReader({
    onBytes: (bytes) => void chunk.push(Buffer.from(bytes)),
    onMessage(bytes) {
      endChunk();
      const { payload } = DownloadResponse.decode(bytes);
      found.push(plain(payload));
    },
  });
  const places = [...new Set([0, ...cuts.map((cut) => cut % (stream.length + 1)), stream.length])];
  places.sort((a, b) => a - b);
  for (const [index, start] of places.entries()) {
    for (const byte of byteRuns(stream, start, places[index + 1] ?? stream.length)) {
      reader.push(byte);
      if (reader.isBetweenMessages) endChunk();
    }
  }
  endChunk();
  expect(reader.isBetweenMessages).toBe(true);
  return found;
}

/** One part of the stream; the reader tells nobody where a message ends, so that the test looks after each one. */
function byteRuns(stream: Buffer, start: number, end: number): Buffer[] {
  const runs: Buffer[] = [];
  for (let at = start; at < end; ) {
    const next = Math.min(end, nextMessageEnd(stream, at));
    runs.push(stream.subarray(at, next));
    at = next;
  }
  return runs;
}

function nextMessageEnd(stream: Buffer, at: number): number {
  let end = 0;
  while (end <= at) end += 5 + stream.readUInt32BE(end + 1);
  return end;
}

function plain(payload: DownloadResponse['payload']): { $case: string; value: unknown } {
  if (payload === undefined) return { $case: 'none', value: undefined };
  if (payload.$case === 'file') return payload;
  return { $case: 'chunk', value: Buffer.from(payload.value).toString('hex') };
}

describe('a framed chunk', () => {
  test('is what the generated code makes of the same bytes, in the buffer where they lie', () => {
    fc.assert(
      fc.property(lengths, fc.integer({ min: 0, max: 50 }), (length, seed) => {
        const bytes = patternBytes(length, seed);
        const buffer = Buffer.alloc(chunkHeaderBytes + length + 7, 0xee);
        bytes.copy(buffer, chunkHeaderBytes);
        const framed = frameChunk(buffer, length);
        expect(framed.equals(generated(bytes))).toBe(true);
        expect(framed.buffer).toBe(buffer.buffer);
      }),
      { numRuns: 60 },
    );
  });

  test('has at least one byte and at most 1 MiB', () => {
    const buffer = Buffer.alloc(chunkHeaderBytes + maxChunkBytes + 1);
    expect(() => frameChunk(buffer, 0)).toThrow(RangeError);
    expect(() => frameChunk(buffer, maxChunkBytes + 1)).toThrow(RangeError);
  });
});

describe('a reader', () => {
  test('finds what the generated code finds, however the stream is cut', () => {
    fc.assert(
      fc.property(fc.array(message, { maxLength: 6 }), fc.array(fc.nat(), { maxLength: 40 }), (messages, cuts) => {
        const expected = messages.map((each) => plain(DownloadResponse.decode(each).payload));
        expect(read(Buffer.concat(messages.map(frameMessage)), cuts)).toEqual(expected);
      }),
      { numRuns: 500 },
    );
  });

  test('finds it also when the stream comes byte by byte', () => {
    fc.assert(
      fc.property(fc.array(message, { maxLength: 4 }), (messages) => {
        const stream = Buffer.concat(messages.map(frameMessage));
        const expected = messages.map((each) => plain(DownloadResponse.decode(each).payload));
        expect(read(stream, [...stream.keys()])).toEqual(expected);
      }),
    );
  });

  test('hands the bytes of a chunk on as views, and puts nothing together', () => {
    const bytes = patternBytes(100_000);
    const stream = generated(bytes);
    const parts: Uint8Array[] = [];
    const reader = new DownloadReader({
      onBytes: (part) => void parts.push(part),
      onMessage: () => {
        throw new Error('a chunk was put together');
      },
    });
    for (let at = 0; at < stream.length; at += 16_384) reader.push(stream.subarray(at, at + 16_384));
    expect(Buffer.concat(parts).equals(bytes)).toBe(true);
    expect(parts.every((part) => part.buffer === stream.buffer)).toBe(true);
  });

  test('refuses what is compressed, or longer than a message may be, before it takes memory for it', async () => {
    const ignore = { onBytes: () => undefined, onMessage: () => undefined };
    for (const prefix of [
      [1, 0, 0, 0, 5],
      [0, 0, 64, 0, 1],
      [0, 255, 255, 255, 255],
    ]) {
      const error = await failureOf(() => new DownloadReader(ignore).push(Buffer.from(prefix)));
      expect(error).toMatchObject({ reason: 'BYTES_MISMATCH' });
    }
  });

  test('knows when a stream was cut in the middle of a message', () => {
    const stream = generated(patternBytes(1_000));
    const reader = new DownloadReader({ onBytes: () => undefined, onMessage: () => undefined });
    for (const byte of stream.subarray(0, -1)) {
      reader.push(Buffer.from([byte]));
      expect(reader.isBetweenMessages).toBe(false);
    }
    reader.push(stream.subarray(-1));
    expect(reader.isBetweenMessages).toBe(true);
  });
});
