import { segmentLengthBytes } from '../../core/digest/segment.ts';

/** How many buffers that nobody uses are kept: 8 MiB of them. */
const maxFree = 8;

const free: ArrayBuffer[] = [];

/**
 * Lends a buffer for a segment of a file, which may be shorter than others. This thread's downloads share them: new memory is
 * zeroed first, and many MiB of it a second have V8 look for what can be freed.
 */
export function lendSegmentBuffer(fileSizeBytes: number): ArrayBuffer {
  if (fileSizeBytes < segmentLengthBytes) return new ArrayBuffer(fileSizeBytes);
  return free.pop() ?? new ArrayBuffer(segmentLengthBytes);
}

/** Takes a buffer back that nothing reads from or writes to any more. */
export function takeBackSegmentBuffer(buffer: ArrayBuffer): void {
  if (buffer.byteLength === segmentLengthBytes && free.length < maxFree) free.push(buffer);
}
