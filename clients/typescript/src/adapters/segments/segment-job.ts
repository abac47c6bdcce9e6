import { writeSync } from 'node:fs';
import { segmentLengthBytes, segmentRoot } from '../../core/digest/segment.ts';

/** A segment to hash and to write. */
export interface SegmentJob {
  /** The segment's bytes, from the buffer's beginning on. */
  buffer: ArrayBuffer;
  lengthBytes: number;
  /** See `segmentTreeLength`. */
  treeBytes: number;
  /** An open file; it stays open until the job is done. */
  descriptor: number;
  /** Where in the file the segment begins. */
  position: number;
  /** Whether the file has nothing there yet, so that zeros need not be written: a sparse file stays one. */
  isHole: boolean;
  /** The only root with which it is written; undefined: with any. */
  expectedRoot: Uint8Array | undefined;
}

const zeros = new Uint8Array(segmentLengthBytes);

/**
 * Whether a segment is to be written: not bytes that a hole has, too (what is not zero is known by its first bytes), and
 * not those of another root than is expected.
 */
export function isToBeWritten({ isHole, lengthBytes, expectedRoot }: SegmentJob, bytes: Buffer, root: Buffer): boolean {
  if (expectedRoot !== undefined && !root.equals(expectedRoot)) return false;
  return !(isHole && bytes.equals(zeros.subarray(0, lengthBytes)));
}

/**
 * Writes a segment and hashes it. What is written is not verified yet: that it counts is for who knows the whole piece to say.
 *
 * @returns the root of the segment's subtree
 */
export function runSegmentJob(job: SegmentJob): Buffer {
  const { buffer, lengthBytes, treeBytes, descriptor, position } = job;
  const bytes = Buffer.from(buffer, 0, lengthBytes);
  const root = segmentRoot(bytes, treeBytes);
  if (!isToBeWritten(job, bytes, root)) return root;
  // A write may be short just before the disk is full; the next one then says so.
  for (let written = 0; written < lengthBytes; ) {
    written += writeSync(descriptor, bytes, written, lengthBytes - written, position + written);
  }
  return root;
}
