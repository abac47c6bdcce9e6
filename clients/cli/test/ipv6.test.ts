// The command over IPv6, and over both at once.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { parseAddress } from '@cardume/client';
import { expect, test } from '@jest/globals';
import { cardumeCommand } from '../../../tests/support/cardume-command.ts';
import { describeWith } from '../../../tests/support/describe-with.ts';

const cardume = cardumeCommand();
const memory = ['--database', 'sqlite::memory:'];
const content = Buffer.alloc(300_000, 'over the loopback of IPv6; ');

/** A machine may have no IPv6 at all; containers often have none. */
function ipv6Loopback(): string | undefined {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return all.find(({ family, internal }) => family === 'IPv6' && internal)?.address;
}

async function getInto(folder: string, index: string): Promise<void> {
  const { code, stderr } = await cardume.run(['get', 'six.bin', '--index', index, '-o', join(cardume.folder, folder)]);
  expect(stderr).toContain('verified');
  expect(code).toBe(0);
  expect(readFileSync(join(cardume.folder, folder, 'six.bin')).equals(content)).toBe(true);
}

describeWith({ name: 'IPv6 on the loopback', command: ipv6Loopback() }, 'over IPv6', (loopback) => {
  const shared = join(cardume.folder, 'shared');
  mkdirSync(shared);
  writeFileSync(join(shared, 'six.bin'), content);

  test('an index and a peer that have nothing else', async () => {
    const index = await cardume.startIndex(['--listen', `[${loopback}]:0`, ...memory]);
    const share = await cardume.startShare([shared], ['--index', index.address, '--listen', `[${loopback}]:0`]);
    expect([index.address, share.address]).toEqual([
      expect.stringMatching(/^\[::1\]:\d+$/),
      expect.stringMatching(/^\[::1\]:\d+$/),
    ]);
    await getInto('only', index.address);
    const { stdout } = await cardume.run(['peers', '--index', index.address, '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ host: '::1', reachable: true });
    await share.process.stop();
  });

  test('whoever listens on [::] is reached by either', async () => {
    const index = await cardume.startIndex(['--listen', '[::]:0', '--insecure', ...memory]);
    const { port } = parseAddress(index.address, 'index');
    await cardume.startShare([shared], ['--index', `127.0.0.1:${port}`, '--listen', '[::]:0', '--insecure']);
    await getInto('by-six', `[${loopback}]:${port}`);
    await getInto('by-four', `127.0.0.1:${port}`);
  });
});
