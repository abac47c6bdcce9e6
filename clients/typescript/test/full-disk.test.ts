import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmdirSync } from 'node:fs';
import { readdir, readFile, rm, statfs, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { describeWith } from '../../../tests/support/describe-with.ts';
import { failureOf } from '../../../tests/support/failure-of.ts';
import { downloadFile } from '../src/index.ts';
import { patternBytes } from './support/pattern.ts';
import { startScriptedHolder } from './support/scripted-holder.ts';

const mib = 1024 * 1024;
const disk = mkdtempSync(join(tmpdir(), 'cardume-disk-'));
// A file system of 16 MiB; only root can make one.
const mount = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=16m', 'tmpfs', disk], { stdio: 'ignore' });
const mounted = mount.status === 0;

afterAll(() => {
  if (mounted) execFileSync('umount', [disk]);
  rmdirSync(disk);
});

describeWith({ name: 'a user who may mount a tmpfs', command: mounted ? disk : undefined }, 'a full disk', () => {
  const content = patternBytes(8 * mib);

  test('is seen before anything is fetched', async () => {
    const holder = await startScriptedHolder(content);
    await writeFile(join(disk, 'filler'), Buffer.alloc(10 * mib));
    const { digest, sizeBytes } = holder.manifest;
    const init = { digest, sizeBytes, folder: disk, name: 'file.bin', holders: async () => [holder.holder] };
    const failure = await failureOf(() => downloadFile(init));
    expect(failure).toMatchObject({ reason: 'DISK_FULL', code: 'RESOURCE_EXHAUSTED' });
    expect(holder.downloads).toHaveLength(0);
    expect(await readdir(disk)).toEqual(['filler']);
    await rm(join(disk, 'filler'));
    await holder.stop();
  });

  test('in the middle of a download is a clear error, and the next call goes on when there is space', async () => {
    let sentChunks = 0;
    const holder = await startScriptedHolder(content, {
      chunk: async (chunk) => {
        if (sentChunks++ === 12) {
          const { bavail, bsize } = await statfs(disk);
          await writeFile(join(disk, 'filler'), Buffer.alloc(bavail * bsize - 64 * 1024)).catch(() => undefined);
        }
        return chunk;
      },
    });
    const { digest, sizeBytes } = holder.manifest;
    const init = { digest, sizeBytes, folder: disk, name: 'file.bin', holders: async () => [holder.holder] };
    const failure = await failureOf(() => downloadFile(init));
    expect(failure.reason).toBe('DISK_FULL');
    expect(failure.message).toContain('no space left');
    expect(await readdir(disk)).not.toContain('file.bin');
    // The first, those that had begun while one ended, and nothing again and again.
    expect(holder.downloads.length).toBeLessThanOrEqual(4);

    await rm(join(disk, 'filler'));
    holder.script = {};
    const result = await downloadFile(init);
    expect(result.resumedBytes).toBeGreaterThanOrEqual(mib);
    expect((await readFile(join(disk, 'file.bin'))).equals(content)).toBe(true);
    expect((await readdir(disk)).toSorted()).toEqual(['file.bin']);
    await holder.stop();
  });
});
