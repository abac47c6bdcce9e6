import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { FrameSplitter, frameHeaderBytes, windowUpdate } from '../src/core/wire/frame-splitter.ts';

interface Frame {
  type: number;
  flags: number;
  streamId: number;
  payload: Uint8Array;
  /** Undefined: the frame is not padded. */
  padding?: number;
}

const endStream = 0x1;
const padded = 0x8;

/** A frame as RFC 9113, section 4.1, has it. */
function encode({ type, flags, streamId, payload, padding }: Frame): Buffer {
  const body =
    padding === undefined
      ? Buffer.from(payload)
      : Buffer.concat([Buffer.from([padding]), payload, Buffer.alloc(padding, 0xee)]);
  const header = Buffer.alloc(frameHeaderBytes);
  header.writeUIntBE(body.length, 0, 3);
  header[3] = type;
  header[4] = flags | (padding === undefined ? 0 : padded);
  header.writeUInt32BE(streamId, 5);
  return Buffer.concat([header, body]);
}

const dataFrame = fc.record({
  type: fc.constant(0),
  flags: fc.constantFrom(0, endStream),
  streamId: fc.constantFrom(1, 3, 5),
  payload: fc.uint8Array({ maxLength: 300 }),
  padding: fc.option(fc.nat(255), { nil: undefined }),
}) as fc.Arbitrary<Frame>;
const otherFrame = fc.record({
  type: fc.integer({ min: 1, max: 255 }),
  flags: fc.nat(255),
  streamId: fc.nat(7),
  payload: fc.uint8Array({ maxLength: 300 }),
}) as fc.Arbitrary<Frame>;

/** What a splitter that takes streams 1 and 3 makes of bytes that are cut at these places. */
function split(bytes: Buffer, cuts: readonly number[]) {
  const data: Record<number, Buffer[]> = { 1: [], 3: [] };
  const flow: Record<number, number> = { 1: 0, 3: 0 };
  const rest: Buffer[] = [];
  const splitter = new FrameSplitter({
    takes: (streamId) => streamId === 1 || streamId === 3,
    onData(streamId, part) {
      expect(part.length).toBeGreaterThan(0);
      data[streamId]?.push(Buffer.from(part));
    },
    onFrame(streamId, flowBytes) {
      flow[streamId] = (flow[streamId] ?? 0) + flowBytes;
    },
    onRest: (part) => void rest.push(Buffer.from(part)),
  });
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).toSorted((a, b) => a - b), bytes.length];
  for (const [index, place] of places.entries()) splitter.push(bytes.subarray(places[index - 1] ?? 0, place));
  const joined = (streamId: number): string => Buffer.concat(data[streamId] ?? []).toString('hex');
  return { 1: joined(1), 3: joined(3), flow, rest: Buffer.concat(rest).toString('hex') };
}

test('the bytes of some streams are taken out, and all else stays as it was, however it is cut', () => {
  const frames = fc.array(fc.oneof(dataFrame, otherFrame), { maxLength: 12 });
  fc.assert(
    fc.property(frames, fc.array(fc.nat(), { maxLength: 30 }), (sent, cuts) => {
      const isTaken = ({ type, streamId }: Frame): boolean => type === 0 && (streamId === 1 || streamId === 3);
      const bytesOf = (streamId: number): string =>
        Buffer.concat(
          sent.filter((one) => isTaken(one) && one.streamId === streamId).map((one) => one.payload),
        ).toString('hex');
      const flowOf = (streamId: number): number =>
        sent
          .filter((one) => isTaken(one) && one.streamId === streamId)
          .reduce((sum, one) => sum + one.payload.length + (one.padding === undefined ? 0 : one.padding + 1), 0);
      const rest = sent.flatMap((one) => {
        if (!isTaken(one)) return [encode(one)];
        const ends = (one.flags & endStream) !== 0;
        return ends ? [encode({ type: 0, flags: endStream, streamId: one.streamId, payload: new Uint8Array() })] : [];
      });
      expect(split(Buffer.concat(sent.map(encode)), cuts)).toEqual({
        1: bytesOf(1),
        3: bytesOf(3),
        flow: { 1: flowOf(1), 3: flowOf(3) },
        rest: Buffer.concat(rest).toString('hex'),
      });
    }),
    { numRuns: 500 },
  );
});

test('a frame that is longer than was agreed, or has more padding than bytes, ends it', () => {
  const long = encode({ type: 0, flags: 0, streamId: 1, payload: new Uint8Array(16_385) });
  expect(() => split(long, [])).toThrow(RangeError);
  const header = encode({ type: 0, flags: padded, streamId: 1, payload: new Uint8Array([9, 1, 2]) });
  expect(() => split(header, [])).toThrow(RangeError);
  expect(() => split(encode({ type: 0, flags: padded, streamId: 1, payload: new Uint8Array() }), [])).toThrow(
    RangeError,
  );
});

test('a window update is the frame of RFC 9113, section 6.9', () => {
  expect(windowUpdate(5, 1_000_000).toString('hex')).toBe('000004080000000005000f4240');
});
