// `cardume status` and `why` as a user runs them, beside real shares and downloads.
import { existsSync, mkdirSync, readdirSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { cardumeCommand } from '../../../tests/support/cardume-command.ts';
import type { StartedProcess } from '../../../tests/support/start-process.ts';
import { until } from '../../../tests/support/until.ts';

const cardume = cardumeCommand();
const path = (...parts: string[]): string => join(cardume.folder, ...parts);
const runFolder = path('home', '.local', 'state', 'cardume', 'run');
const sizeBytes = 96_000_000;
let slow: { process: StartedProcess; address: string };
let fast: { process: StartedProcess; address: string };

interface Explained {
  id: string;
  name: string;
  sources: { address: string; roundTripMs?: number; bytesPerSecond?: number; path: string; failure?: object }[];
  reasons: string[];
}

beforeAll(async () => {
  for (const folder of ['one', 'two']) {
    mkdirSync(path(folder));
    writeFileSync(path(folder, 'big.bin'), '');
    truncateSync(path(folder, 'big.bin'), sizeBytes);
  }
  const { address } = await cardume.startIndex(['--database', 'sqlite::memory:']);
  cardume.env.CARDUME_INDEX = address;
  fast = await cardume.startShare(['one'], []);
  slow = await cardume.startShare(['two'], ['--limit-up', '200kB/s']);
});

/** The objects that a command prints. */
async function objectsOf(...args: string[]): Promise<Record<string, unknown>[]> {
  const { code, stdout, stderr } = await cardume.run([...args, '--json']);
  expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}

/** Asks why until the answer is one. */
function whyUntil(what: string, id: string, isIt: (explained: Explained) => boolean): Promise<Explained> {
  return until(what, async () => {
    const { stdout } = await cardume.run(['why', id, '--json']);
    const explained = stdout.startsWith('{"type":"transfer"') ? (JSON.parse(stdout) as Explained) : undefined;
    return explained !== undefined && isIt(explained) ? explained : undefined;
  });
}

const sockets = (pid: number): string[] => readdirSync(runFolder).filter((name) => name.startsWith(`${pid}-`));

describe('a download that is limited, of which one source is slow', () => {
  test('is explained by that limit, and the slow source is named; the shares tell of their uploads', async () => {
    const get = cardume.start(['get', 'big.bin', '-o', 'limited', '--limit-down', '4MB/s', '--no-share']);
    const id = `${get.pid}-d1`;
    const explained = await whyUntil('the limit to bite', id, ({ reasons }) =>
      ['--limit-down of 4.00 MB/s bites', `${slow.address} is slow`].every((part) =>
        reasons.some((reason) => reason.includes(part)),
      ),
    );
    expect(explained.name).toBe('big.bin');
    expect(explained.sources.map(({ address }) => address).sort()).toEqual([fast.address, slow.address].sort());
    for (const source of explained.sources) {
      expect(source).toMatchObject({
        path: 'direct',
        roundTripMs: expect.any(Number),
        bytesPerSecond: expect.any(Number),
      });
    }

    const text = await cardume.run(['why', 'big.bin']);
    expect(text.stdout).toMatch(new RegExp(`^${id} big.bin: download \\d+% of 96.0 MB, 3?4?\\.?\\d* ?MB/s`, 'm'));
    expect(text.stdout).toMatch(/SOURCE +PATH +RATE +ROUND TRIP/);

    const processes = await objectsOf('status');
    expect(processes.map(({ kind, pid }) => [kind, pid]).sort()).toEqual(
      [
        ['get', get.pid],
        ['share', fast.process.pid],
        ['share', slow.process.pid],
      ].sort(),
    );
    const ofSlow = processes.find(({ pid }) => pid === slow.process.pid);
    expect(ofSlow).toMatchObject({
      share: { address: slow.address, isJoined: true, fileCount: 1, maxUploadBytesPerSecond: 200_000, callerCount: 1 },
      transfers: [{ direction: 'upload', name: 'big.bin', caller: { address: expect.stringContaining('127.0.0.1:') } }],
    });
    const [upload] = (ofSlow?.transfers ?? []) as { id: string }[];
    await whyUntil('the upload to wait for its limit', upload?.id ?? '', ({ reasons }) =>
      reasons.some((reason) => reason.startsWith('Your --limit-up of 200 kB/s')),
    );
    const table = await cardume.run(['status']);
    expect(table.stdout).toMatch(/^share \d+: .*, one, 1 file, 96.0 MB, at 127.0.0.1:\d+, joined, index /m);
    expect(table.stdout).toMatch(/^\d+-d1 +big.bin +\d+% of 96.0 MB .* downloading$/m);
    expect(table.stdout).toMatch(/^\d+-u1 +big.bin .* uploading$/m);

    // Nobody but its user may connect.
    expect(statSync(runFolder).mode & 0o777).toBe(0o700);
    for (const name of readdirSync(runFolder)) expect(statSync(join(runFolder, name)).mode & 0o777).toBe(0o600);

    get.kill('SIGKILL');
    await get.waitForEnd();
    expect(sockets(get.pid)).toHaveLength(1);
    const after = await objectsOf('status');
    expect(after.map(({ pid }) => pid)).not.toContain(get.pid);
    expect(sockets(get.pid)).toEqual([]);
    expect(await cardume.run(['why', id])).toMatchObject({ code: 3, stderr: expect.stringContaining(id) });
  });

  test('that ends by itself leaves no socket, and one that nobody can ask is no worse', async () => {
    const get = cardume.start(['get', 'big.bin', '-o', 'ended', '--limit-down', '24MB/s', '--no-share']);
    await until('it can be asked', () => sockets(get.pid)[0]);
    expect(await get.waitForEnd()).toMatchObject({ code: 0 });
    expect(sockets(get.pid)).toEqual([]);

    const long = path('x'.repeat(90));
    const env = { ...cardume.env, XDG_STATE_HOME: long };
    const result = await cardume.run(['get', 'big.bin', '-o', 'long', '--limit-down', '24MB/s'], { env });
    expect(result).toMatchObject({ code: 0 });
    expect(existsSync(join(long, 'cardume', 'run')) ? readdirSync(join(long, 'cardume', 'run')) : []).toEqual([]);
  });
});

test('what stands in the folder and is no process of ours stays, and is told of when it is a socket that is silent', async () => {
  writeFileSync(join(runFolder, '1-0000000a.sock'), 'a file');
  const silent = createServer();
  const name = `${process.pid}-0000000b.sock`;
  await new Promise<void>((resolve) => silent.listen(join(runFolder, name), resolve));
  try {
    const { code, stderr } = await cardume.run(['status']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining(name) });
    expect(readdirSync(runFolder)).toEqual(expect.arrayContaining(['1-0000000a.sock', name]));
  } finally {
    silent.close();
  }
});

test('where nothing runs, that is said; a folder that others may look into is refused', async () => {
  const env = { ...cardume.env, XDG_STATE_HOME: path('nothing') };
  for (const command of ['status', 'why']) {
    expect(await cardume.run([command], { env })).toMatchObject({ code: 0, stdout: '' });
  }
  expect(await cardume.run(['why', 'big.bin'], { env })).toMatchObject({ code: 3, stdout: '' });
  mkdirSync(path('open', 'cardume', 'run'), { recursive: true, mode: 0o755 });
  const open = await cardume.run(['status'], { env: { ...cardume.env, XDG_STATE_HOME: path('open') } });
  expect(open).toMatchObject({ code: 4, stderr: expect.stringContaining('0700') });
});
