import { write as writeCallback } from 'node:fs';
import { promisify } from 'node:util';
import { segmentRoot } from '../../core/digest/segment.ts';
import { isToBeWritten, type SegmentJob } from './segment-job.ts';

const write = promisify(writeCallback);

/** Hashes a segment in this thread, and writes it beside: a disk that is slow does not hold up whatever else this thread does. */
export async function runSegmentBeside(job: SegmentJob): Promise<Uint8Array> {
  const { buffer, lengthBytes, treeBytes, descriptor, position } = job;
  const bytes = Buffer.from(buffer, 0, lengthBytes);
  const root = segmentRoot(bytes, treeBytes);
  if (!isToBeWritten(job, bytes, root)) return root;
  for (let written = 0; written < lengthBytes; ) {
    const { bytesWritten } = await write(descriptor, bytes, written, lengthBytes - written, position + written);
    written += bytesWritten;
  }
  return root;
}
