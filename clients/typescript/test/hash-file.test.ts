import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { failureOf } from '../../../tests/support/failure-of.ts';
import { temporaryFolder } from '../../../tests/support/temporary-folder.ts';
import { DigestBuilder, hashFile, usualPieceLength } from '../src/index.ts';
import { patternBytes } from './support/pattern.ts';

const folder = temporaryFolder();
const mib = 1024 * 1024;

function fileOf(name: string, content: Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

describe('hashing a file', () => {
  test.each([0, 1, 16_384, mib - 1, mib, mib + 1, 5 * mib + 7])('of %d bytes gives its manifest', async (sizeBytes) => {
    const content = patternBytes(sizeBytes);
    const builder = new DigestBuilder(usualPieceLength(sizeBytes));
    builder.update(content);
    const seen: [number, number][] = [];
    const options = { onProgress: (hashed: number, size: number) => void seen.push([hashed, size]) };
    expect(await hashFile(fileOf('file', content), options)).toEqual(builder.finish());
    expect(seen.map(([hashed]) => hashed)).toEqual(seen.map(([hashed]) => hashed).sort((a, b) => a - b));
    expect(seen.at(-1)).toEqual(sizeBytes === 0 ? undefined : [sizeBytes, sizeBytes]);
  });

  test('that grows meanwhile is refused, and does not go on for ever', async () => {
    const path = fileOf('growing', patternBytes(3 * mib));
    const failure = await failureOf(() =>
      hashFile(path, { onProgress: () => appendFileSync(path, Buffer.alloc(2 * mib)) }),
    );
    expect(failure.reason).toBe('FILE_CHANGED');
  });

  test('ends when it is cancelled, before and in the middle of it', async () => {
    const path = fileOf('cancelled', patternBytes(3 * mib));
    expect((await failureOf(() => hashFile(path, { signal: AbortSignal.abort() }))).reason).toBe('CANCELLED');
    const controller = new AbortController();
    const options = { signal: controller.signal, onProgress: () => controller.abort() };
    expect((await failureOf(() => hashFile(path, options))).reason).toBe('CANCELLED');
  });

  test('refuses what is no file', async () => {
    mkdirSync(join(folder, 'folder'));
    for (const name of ['folder', 'absent']) {
      expect((await failureOf(() => hashFile(join(folder, name)))).reason).toBe('LOCAL_IO_FAILED');
    }
  });
});
