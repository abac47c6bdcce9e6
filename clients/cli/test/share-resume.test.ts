import { mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { cardumeCommand } from '../../../tests/support/cardume-command.ts';
import { until } from '../../../tests/support/until.ts';

const cardume = cardumeCommand();

interface Hashing {
  hashedBytes: number;
  resumedBytes: number;
  totalBytes: number;
  bytesPerSecond?: number;
  remainingMs?: number;
}

/** The events of hashing in what a share has written. Its last line may be cut. */
function hashingIn(stdout: string): Hashing[] {
  const lines = stdout.split('\n').slice(0, -1);
  return lines.filter((line) => line.startsWith('{"type":"hashing"')).map((line) => JSON.parse(line));
}

test('a share that is interrupted while it hashes ends with 130, and the same command goes on from there', async () => {
  mkdirSync(join(cardume.folder, 'shared'));
  const path = join(cardume.folder, 'shared', 'huge.bin');
  writeFileSync(path, '');
  // A hole takes no room, and so many bytes of it take some time.
  truncateSync(path, 200 * 1024 ** 3);
  const hashUntilInterrupted = async (): Promise<Hashing> => {
    const share = cardume.start(['share', 'shared', '--index', '127.0.0.1:1', '--json']);
    const hashing = await until('a part to be hashed, at a rate', () =>
      hashingIn(share.stdout).find(
        // Several times what the threads have in their hands, which is lost.
        ({ hashedBytes, resumedBytes, bytesPerSecond }) =>
          hashedBytes - resumedBytes > 2 ** 30 && bytesPerSecond !== undefined,
      ),
    );
    share.kill('SIGINT');
    expect(await share.waitForEnd()).toEqual({ code: 130, signal: null });
    return hashing;
  };
  const first = await hashUntilInterrupted();
  expect(first).toMatchObject({ resumedBytes: 0, totalBytes: 200 * 1024 ** 3 });
  expect(first.remainingMs).toBeGreaterThan(0);
  const second = await hashUntilInterrupted();
  expect(second.resumedBytes).toBeGreaterThan(0);
  expect(second.hashedBytes).toBeGreaterThan(second.resumedBytes);
});
