import { hash } from 'node:crypto';
import { truncateSync, writeFileSync } from 'node:fs';
import { lstat, readdir, readFile } from 'node:fs/promises';
import { getPriority, platform } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { runCommand } from '../../../tests/support/run-command.ts';
import { temporaryFolder } from '../../../tests/support/temporary-folder.ts';
import { until } from '../../../tests/support/until.ts';
import { createHashPool } from '../src/adapters/hash-pool.ts';
import { scannedFileOf } from '../src/adapters/scanned-file-of.ts';
import { LargeFile } from '../src/core/large-file.ts';

const folder = temporaryFolder();

// Elsewhere a thread's priority cannot be seen.
const testOnLinux = platform() === 'linux' ? test : test.skip;

testOnLinux('threads that hash give way to the one that serves', async () => {
  const path = join(folder, 'large');
  writeFileSync(path, '');
  truncateSync(path, 4 * 1024 ** 3);
  const large = new LargeFile(scannedFileOf('large', path, await lstat(path, { bigint: true })), Buffer.alloc(0));
  const own = getPriority(process.pid);
  const pool = createHashPool(2);
  try {
    const range = { firstPiece: 0, endPiece: 4_096 };
    const hashing = Promise.allSettled([pool.hashRange(large, range), pool.hashRange(large, range)]);
    await until('both threads to hash', async () => (await niceOfThreads()).filter((nice) => nice === 10).length === 2);
    // The thread that has the process's number is the one that serves.
    expect(getPriority(process.pid)).toBe(own);
    await pool.close();
    expect((await hashing).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  } finally {
    await pool.close();
  }
});

test('ranges are hashed in the order in which they come, so that what is hashed of a file has no gaps', async () => {
  const path = join(folder, 'ranges');
  writeFileSync(path, '');
  truncateSync(path, 64 * 1024 ** 2);
  const large = new LargeFile(scannedFileOf('ranges', path, await lstat(path, { bigint: true })), Buffer.alloc(0));
  const pool = createHashPool(1);
  try {
    const pieces = Array.from({ length: 64 }, (_, piece) => piece);
    const order: number[] = [];
    const hash = async (piece: number): Promise<void> => {
      await pool.hashRange(large, { firstPiece: piece, endPiece: piece + 1 });
      order.push(piece);
    };
    await Promise.all(pieces.slice(0, 32).map(hash));
    await Promise.all(pieces.slice(32).map(hash));
    expect(order).toEqual(pieces);
  } finally {
    await pool.close();
  }
});

test('files are refused when no thread can be started, and hashed when one can', async () => {
  const path = join(folder, 'small');
  writeFileSync(path, 'x');
  const script = join(import.meta.dirname, 'support/hash-without-descriptors.ts');
  const command = ['-c', 'ulimit -n 120; exec "$@"', 'bash', process.execPath, script, path];
  const { code, stdout, stderr } = await runCommand('bash', command);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(
    stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line)),
  ).toEqual([
    { problem: expect.stringContaining('EMFILE') },
    { status: 'rejected' },
    { status: 'rejected' },
    { result: 'hashed', digest: hash('sha256', 'x') },
  ]);
});

/** How much each thread of this process gives way, the main thread first. */
async function niceOfThreads(): Promise<number[]> {
  const threads = (await readdir('/proc/self/task')).sort((a, b) => Number(a) - Number(b));
  const stats = await Promise.allSettled(threads.map((thread) => readFile(`/proc/self/task/${thread}/stat`, 'utf8')));
  // proc(5): the 19th field; the second one is a name in parentheses, which may have spaces. Threads end meanwhile.
  return stats.flatMap((stat) =>
    stat.status === 'fulfilled' ? Number(stat.value.slice(stat.value.lastIndexOf(')') + 2).split(' ')[16]) : [],
  );
}
