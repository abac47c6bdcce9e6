import { write as writeCallback } from 'node:fs';
import { promisify } from 'node:util';
import { segmentRoot } from '../../core/digest/segment.ts';
import { isLeftHole } from './segment-job.ts';
import type { SegmentRunner } from './segment-runner.ts';

const write = promisify(writeCallback);

/** Hashes in this thread, and writes beside it: for a machine of one core, and for files that are done before a thread starts. */
export const inlineSegments: SegmentRunner = {
  async run(job) {
    const { buffer, lengthBytes, treeBytes, descriptor, position } = job;
    const bytes = Buffer.from(buffer, 0, lengthBytes);
    const root = segmentRoot(bytes, treeBytes);
    if (isLeftHole(job, bytes)) return { root, buffer };
    for (let written = 0; written < lengthBytes; ) {
      const { bytesWritten } = await write(descriptor, bytes, written, lengthBytes - written, position + written);
      written += bytesWritten;
    }
    return { root, buffer };
  },
  async close() {},
};
