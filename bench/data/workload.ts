import { createHash } from 'node:crypto';
import { createReadStream, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { writeRandomFile } from '../support/write-random-file.ts';

/** Files to move, alone in a folder. */
export interface Workload {
  readonly folder: string;
  readonly sizeBytes: number;
  /** Names, and the SHA-256 of each file's content. */
  readonly files: ReadonlyMap<string, string>;
}

/** Makes a folder with random files. */
export function makeWorkload(folder: string, fileCount: number, fileSizeBytes: number): Workload {
  mkdirSync(folder);
  const files = new Map<string, string>();
  for (let number = 0; number < fileCount; number++) {
    const name = `random-${String(number).padStart(4, '0')}.bin`;
    files.set(name, writeRandomFile(join(folder, name), fileSizeBytes));
  }
  return { folder, files, sizeBytes: fileCount * fileSizeBytes };
}

/** Throws when a folder does not have the very files of the workload. */
export async function checkCopy({ files }: Workload, folder: string): Promise<void> {
  for (const [name, sha256] of files) {
    const hash = createHash('sha256');
    await pipeline(createReadStream(join(folder, name), { highWaterMark: 1024 * 1024 }), hash);
    if (hash.digest('hex') !== sha256) throw new Error(`${name} arrived with other content`);
  }
}
