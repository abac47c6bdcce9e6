import { CardumeError } from '@cardume/client';

/** Which bytes of a file to send: from `start` to before `end`. */
export interface ReadRange {
  start: number;
  end: number;
}

/** @throws CardumeError INVALID_FIELD for a limit that no file could meet */
export function checkReadLimit(readLimit: number): void {
  if (readLimit < 0) throw CardumeError.invalidField('read_limit', 'must not be negative; 0 is all to the end');
}

/**
 * The range that an offset and a limit stand for, as in `google.bytestream`.
 *
 * @throws CardumeError OFFSET_OUT_OF_RANGE when the offset is negative or past the end; at the end it is not
 */
export function readRange(readOffset: number, readLimit: number, sizeBytes: number): ReadRange {
  if (readOffset < 0 || readOffset > sizeBytes) {
    throw new CardumeError(
      'OFFSET_OUT_OF_RANGE',
      `read_offset: ${readOffset} is not within the file's ${sizeBytes} bytes`,
      { metadata: { size_bytes: String(sizeBytes), read_offset: String(readOffset) } },
    );
  }
  const length = readLimit === 0 ? sizeBytes - readOffset : Math.min(readLimit, sizeBytes - readOffset);
  return { start: readOffset, end: readOffset + length };
}
