import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAddress } from '@cardume/client';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { cardumeCommand } from '../../../tests/support/cardume-command.ts';
import { readAudit } from '../../../tests/support/read-audit.ts';
import { runCommand } from '../../../tests/support/run-command.ts';
import { scrape } from '../../../tests/support/scrape.ts';

const cardume = cardumeCommand();
const path = (...parts: string[]): string => join(cardume.folder, ...parts);
// Two files of the same name and other content, one that two peers have, odd names.
const report = Buffer.alloc(300_000, 'report');
const oddName = 'sépia 日本 🐟 (1).txt';
let peerIds: string[] = [];
let addresses: string[] = [];

beforeAll(async () => {
  for (const folder of ['left/deep', 'right']) mkdirSync(path(folder), { recursive: true });
  writeFileSync(path('left', 'report.bin'), report);
  writeFileSync(path('right', 'report-copy.bin'), report);
  writeFileSync(path('left', 'twin.txt'), 'left');
  writeFileSync(path('right', 'twin.txt'), 'right');
  writeFileSync(path('left', 'deep', 'notes.txt'), 'deep notes');
  writeFileSync(path('left', '-draft.txt'), 'a draft');
  writeFileSync(path('right', oddName), 'odd');
  const index = await cardume.startIndex();
  cardume.env.CARDUME_INDEX = index.address;
  const shares = await Promise.all([
    cardume.startShare(['left'], ['--name', 'the left']),
    cardume.startShare(['right'], ['--exclude', '*.tmp', '--limit-up', '50MB/s']),
  ]);
  peerIds = shares.map(({ peerId }) => peerId);
  addresses = shares.map(({ address }) => address);
});

function objectsOf(stdout: string): Record<string, unknown>[] {
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}

describe('search', () => {
  test('prints a table with size, digest, holders and where', async () => {
    const { code, stdout, stderr } = await cardume.run(['search', 'report']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const [header, ...lines] = stdout.trimEnd().split('\n');
    expect(header).toMatch(/^NAME +SIZE +MODIFIED +DIGEST +HOLDERS +WHERE$/);
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatch(/^report.*\.bin +300 kB +\d{4}-\d\d-\d\d +[0-9a-f]{12} +1 +127\.0\.0\.1:\d+$/);
  });

  test('prints an object per hit with --json', async () => {
    const { stdout } = await cardume.run(['search', '--exact', 'notes.txt', '--json']);
    expect(objectsOf(stdout)).toEqual([
      expect.objectContaining({
        type: 'hit',
        name: 'deep/notes.txt',
        sizeBytes: 10,
        digest: expect.stringMatching(/^[0-9a-f]{64}$/),
        holders: [expect.objectContaining({ peerId: peerIds[0], host: '127.0.0.1', reachable: true })],
      }),
    ]);
  });

  test.each([
    [['--exact', 'report.bin'], ['report.bin']],
    [['--prefix', 'report-'], ['report-copy.bin']],
    [
      ['--glob', 't?in.*'],
      ['twin.txt', 'twin.txt'],
    ],
    [['notes', 'deep'], ['deep/notes.txt']],
    [['--', 'report', '-copy'], ['report.bin']],
    [['--exact', '--', '-draft.txt'], ['-draft.txt']],
    [
      ['txt', '--ext', '.txt', '--max-size', '4'],
      ['twin.txt', oddName.normalize('NFC')],
    ],
    [
      ['report', '--min-size', '299kB', '--ext', 'bin', '--limit', '0'],
      ['report-copy.bin', 'report.bin'],
    ],
  ])('understands %j', async (args, names) => {
    const { code, stdout } = await cardume.run(['search', '--json', ...args]);
    expect(code).toBe(0);
    expect(
      objectsOf(stdout)
        .map(({ name }) => name)
        .sort(),
    ).toEqual(names.toSorted());
  });

  test('ends with 3 and a word about it when nothing is found', async () => {
    const { code, stdout, stderr } = await cardume.run(['search', 'nothing-like-this']);
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
    expect(stderr).toMatch(/Nothing found for nothing-like-this/);
  });

  test('names what may have been meant when nothing is found', async () => {
    const { code, stdout, stderr } = await cardume.run(['search', 'reprot.bin']);
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
    expect(stderr).toBe('Nothing found for reprot.bin; did you mean: report.bin?\n');
    const forPrograms = await cardume.run(['search', 'reprot.bin', '--json']);
    expect(forPrograms).toMatchObject({ code: 3, stderr });
    expect(objectsOf(forPrograms.stdout)).toEqual([{ type: 'suggestions', suggestions: ['report.bin'] }]);
  });

  test('says when there is more than it shows', async () => {
    const { code, stdout, stderr } = await cardume.run(['search', 'txt', '--limit', '1']);
    expect(code).toBe(0);
    expect(stdout.trimEnd().split('\n')).toHaveLength(2);
    expect(stderr).toMatch(/more than these 1; --limit 0 shows all/);
  });

  test('whose reader leaves after a line is no failure', async () => {
    // Much more than a pipe holds, so that lines are left to print when the reader is gone.
    mkdirSync(path('many'));
    for (let number = 0; number < 800; number += 1)
      writeFileSync(path('many', `many ${number} ${'x'.repeat(200)}`), '');
    const { address } = await cardume.startIndex(['--database', 'sqlite::memory:']);
    await cardume.startShare(['many'], ['--index', address]);
    const args = ['search', 'many', '--limit', '0', '--json', '--index', address];
    expect((await cardume.run(args)).stdout.length).toBeGreaterThan(240_000);
    const { code, stdout, stderr } = await cardume.runIntoHead(args);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(objectsOf(stdout)).toEqual([expect.objectContaining({ type: 'hit' })]);
  });
});

describe('get', () => {
  test('puts a file into the folder, says where, and exits with 0', async () => {
    const { code, stdout, stderr } = await cardume.run(['get', 'report.bin', '-o', 'new/folder']);
    expect(code).toBe(0);
    expect(stdout).toBe(`${join('new', 'folder', 'report.bin')}\n`);
    expect(stderr).toMatch(/report\.bin: 300 kB in .*, verified, from 127\.0\.0\.1:\d+/);
    expect(readFileSync(path('new', 'folder', 'report.bin')).equals(report)).toBe(true);
  });

  test('takes a rate that both sides keep to', async () => {
    expect(await cardume.run(['get', 'report.bin', '-o', 'slow', '--limit-down', '10MiB/s'])).toMatchObject({
      code: 0,
    });
    expect(await cardume.run(['get', 'report-copy.bin', '-o', 'slow'])).toMatchObject({ code: 0 });
    expect(readFileSync(path('slow', 'report.bin')).equals(report)).toBe(true);
    expect(readFileSync(path('slow', 'report-copy.bin')).equals(report)).toBe(true);
  });

  test('finds the file there already the second time', async () => {
    await cardume.run(['get', 'deep/notes.txt', '-o', 'twice']);
    const { code, stderr } = await cardume.run(['get', 'deep/notes.txt', '-o', 'twice']);
    expect(code).toBe(0);
    expect(stderr).toMatch(/was there already, verified/);
  });

  test('takes a digest prefix, a name to save under, and a peer to ask', async () => {
    const [hit] = objectsOf((await cardume.run(['search', '--exact', 'report.bin', '--json'])).stdout);
    const args = ['get', String(hit?.digest).slice(0, 10), '--name', 'mine.bin', '--from', String(addresses[1])];
    expect(await cardume.run([...args, '--index', '127.0.0.1:1'])).toMatchObject({ code: 0 });
    expect(readFileSync(path('mine.bin')).equals(report)).toBe(true);
  });

  test('saves names of any script', async () => {
    expect(await cardume.run(['get', oddName, '-o', 'odd'])).toMatchObject({ code: 0 });
    expect(readFileSync(path('odd', oddName.normalize('NFC')), 'utf8')).toBe('odd');
  });

  test('does not stop at a file that fails, and ends with the code of the first that did', async () => {
    const args = ['get', 'nobody-has-this', 'twin.txt', 'notes.txt', '-o', 'several'];
    const { code, stdout, stderr } = await cardume.run(args);
    expect(code).toBe(3);
    expect(stderr).toMatch(/no live peer shares "nobody-has-this"/);
    expect(stderr).toMatch(/"twin\.txt" is 2 different files; name one by its digest/);
    expect(stdout).toBe(`${join('several', 'notes.txt')}\n`);
  });

  test('does not replace other content unless it is forced to', async () => {
    mkdirSync(path('taken'));
    writeFileSync(path('taken', 'notes.txt'), 'my own');
    const refused = await cardume.run(['get', 'notes.txt', '-o', 'taken']);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/--force/);
    expect(readFileSync(path('taken', 'notes.txt'), 'utf8')).toBe('my own');
    expect(await cardume.run(['get', 'notes.txt', '-o', 'taken', '--force'])).toMatchObject({ code: 0 });
    expect(readFileSync(path('taken', 'notes.txt'), 'utf8')).toBe('deep notes');
  });

  test('of more than twenty tells their names, and a sum', async () => {
    const names = Array.from({ length: 25 }, () => 'notes.txt');
    const { code, stdout, stderr } = await cardume.run(['get', ...names, 'nobody-has-this', '-o', 'many']);
    expect(code).toBe(3);
    expect(stdout.trim().split('\n')).toEqual(names.map((name) => join('many', name)));
    expect(stderr).toContain('no live peer shares "nobody-has-this"');
    expect(stderr).toMatch(/^25 files: .* verified; 1 failed$/m);
    expect(readFileSync(path('many', 'notes.txt'), 'utf8')).toBe('deep notes');
  });

  test('tells progress as objects with --json', async () => {
    const { code, stdout } = await cardume.run(['get', 'report.bin', '-o', 'json-one', '--json']);
    expect(code).toBe(0);
    const objects = objectsOf(stdout);
    expect(objects[0]).toMatchObject({ type: 'progress', name: 'report.bin', sizeBytes: 300_000 });
    expect(objects.at(-1)).toMatchObject({ type: 'result', path: path('json-one', 'report.bin') });
  });

  test('tells results and errors of several files as objects with --json', async () => {
    const { code, stdout } = await cardume.run(['get', 'report.bin', 'nobody-has-this', '-o', 'json', '--json']);
    expect(code).toBe(3);
    const objects = objectsOf(stdout);
    expect(objects.find(({ type }) => type === 'result')).toMatchObject({
      path: path('json', 'report.bin'),
      sizeBytes: 300_000,
      alreadyPresent: false,
      sources: [expect.objectContaining({ verifiedBytes: 300_000, failure: null })],
    });
    expect(objects.find(({ type }) => type === 'error')).toEqual({
      type: 'error',
      name: 'nobody-has-this',
      reason: 'FILE_NOT_SHARED',
      message: 'no live peer shares "nobody-has-this"',
    });
  });
});

describe('index stats', () => {
  test('prints what the index knows as a table', async () => {
    const { code, stdout, stderr } = await cardume.run(['index', 'stats']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^PEERS +FILES +SIZE +HOLDINGS +LEASE +UP\n/);
    expect(stdout).toMatch(/^ +2 +7 +600 kB +10 +30 s +\d.*$/m);
  });

  test('prints one object with --json', async () => {
    const { stdout } = await cardume.run(['index', 'stats', '--json', '--index', cardume.env.CARDUME_INDEX ?? '']);
    const [stats, ...others] = objectsOf(stdout);
    expect(others).toEqual([]);
    expect(stats).toMatchObject({ type: 'stats', peerCount: 2, holdingCount: 10, leaseTtlMs: 30_000 });
    expect(Date.parse(String(stats?.startTime))).toBeLessThanOrEqual(Date.now() + 1_000);
  });

  test('of an index that is not there ends with 1 and the next step', async () => {
    const { code, stderr } = await cardume.run(['index', 'stats', '--index', '127.0.0.1:1']);
    expect(code).toBe(1);
    expect(stderr).toMatch(/index 127\.0\.0\.1:1 does not answer/);
  });
});

describe('--metrics', () => {
  test('of index and share is said where it listens when they are ready, and answers there', async () => {
    const started = ['index', '--listen', '127.0.0.1:0', '--database', 'sqlite::memory:', '--json', '--metrics', '0'];
    const index = cardume.start(started);
    const { address, metricsAddress } = await index.waitForObject('listening');
    const share = cardume.start([
      'share',
      'left/deep',
      '--json',
      '--index',
      String(address),
      '--metrics',
      '127.0.0.1:0',
    ]);
    const sharing = await share.waitForObject('sharing');
    const ofIndex = await scrape(parseAddress(String(metricsAddress), 'metricsAddress'));
    const ofPeer = await scrape(parseAddress(String(sharing.metricsAddress), 'metricsAddress'));
    expect(ofIndex.get('cardume_index_live_peers')).toBe(1);
    expect(ofPeer.get('cardume_peer_shared_files')).toBe(sharing.fileCount);
    expect(await share.stop()).toMatchObject({ code: 0 });
    expect(await index.stop()).toMatchObject({ code: 0 });
  });
});

describe('--audit', () => {
  test('of index and share writes down what a user does, each in a file of its own', async () => {
    const { process: index, address } = await cardume.startIndex([
      '--database',
      'sqlite::memory:',
      '--audit',
      'i.jsonl',
    ]);
    const at = ['--index', address];
    const { process: share, peerId } = await cardume.startShare(['left/deep'], [...at, '--audit', 'p.jsonl']);
    expect(await cardume.run(['get', 'notes.txt', '-o', 'audited', ...at])).toMatchObject({ code: 0 });
    expect(await share.stop()).toMatchObject({ code: 0 });
    expect(await index.stop()).toMatchObject({ code: 0 });
    const ofIndex = readAudit(path('i.jsonl'));
    const names = new Set(ofIndex.map(({ event }) => event));
    expect([...names].toSorted()).toEqual(expect.arrayContaining(['joined', 'left', 'searched']));
    expect(ofIndex.find(({ event }) => event === 'left')?.detail).toEqual({ peerId });
    const downloads = readAudit(path('p.jsonl')).filter(({ event }) => event === 'downloaded');
    expect(downloads).toMatchObject([
      { status: 'OK', detail: { name: 'notes.txt', sizeBytes: 10, offset: 0, bytes: 10 } },
    ]);
  });
});

describe('peers', () => {
  test('prints a table, and totals on standard error', async () => {
    const { code, stdout, stderr } = await cardume.run(['peers']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^PEER +ADDRESS +SHARE +FILES +SIZE +SEEN +REACHABLE\n/);
    expect(stdout).toMatch(/^[0-9a-f]{12} +127\.0\.0\.1:\d+ +the left +4 +300 kB +.* ago +yes$/m);
    expect(stderr).toBe('2 peers, 7 files, 600 kB\n');
  });

  test('prints an object per peer with --json', async () => {
    const { stdout } = await cardume.run(['peers', '--json']);
    const peers = objectsOf(stdout);
    expect(peers.map(({ peerId }) => peerId).sort()).toEqual(peerIds.toSorted());
    expect(peers.map(({ type }) => type)).toEqual(['peer', 'peer']);
  });

  test('that are none is an answer, not a failure', async () => {
    const { address } = await cardume.startIndex(['--database', 'sqlite::memory:']);
    expect(await cardume.run(['peers', '--index', address])).toMatchObject({
      code: 0,
      stdout: '',
      stderr: expect.stringMatching(/No peers/),
    });
  });
});

describe('verify', () => {
  const verified = async (args: string[]): Promise<unknown> => {
    const { code, stdout } = await cardume.run(['verify', '--json', ...args]);
    return { code, ...objectsOf(stdout)[0] };
  };

  test('says who shares the very content, under whichever name', async () => {
    const { code, stdout, stderr } = await cardume.run(['verify', path('left', 'report.bin')]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^[0-9a-f]{64} {2}.*report\.bin\n$/);
    expect(stderr).toMatch(/report-copy\.bin/);
  });

  test('says so when peers share other content under that name', async () => {
    mkdirSync(path('mine'));
    writeFileSync(path('mine', 'notes.txt'), 'something else');
    expect(await verified([path('mine', 'notes.txt')])).toMatchObject({
      code: 1,
      verdict: 'differs',
      hits: [{ name: 'deep/notes.txt' }],
    });
  });

  test('ends with 3 when nobody knows content or name', async () => {
    writeFileSync(path('private.txt'), 'nobody has it');
    expect(await verified([path('private.txt')])).toMatchObject({ code: 3, verdict: 'unknown' });
  });

  test('compares with a digest without asking an index', async () => {
    const digest = '60aae9c7b428f87e0713e88229e18f0adf12cd7b22a0dd8a92bb2485eb7af242';
    writeFileSync(path('zeros'), Buffer.alloc(65_536));
    const noIndex = ['--index', '127.0.0.1:1'];
    expect(await verified([path('zeros'), digest, ...noIndex])).toMatchObject({ code: 0, verdict: 'match', digest });
    expect(await verified([path('zeros'), '60AAE9C7', ...noIndex])).toMatchObject({ code: 0 });
    expect(await verified([path('zeros'), '00000000', ...noIndex])).toMatchObject({ code: 1, verdict: 'differs' });
  });

  test('names a file that is not there', async () => {
    const { code, stderr } = await cardume.run(['verify', 'gone.txt']);
    expect({ code, stderr }).toEqual({ code: 1, stderr: 'cardume: there is no file gone.txt\n' });
  });
});

test('npx finds the command under its name', async () => {
  const bin = join(import.meta.dirname, '../../../node_modules/.bin/cardume');
  expect(await runCommand(process.execPath, [bin, '--version'])).toMatchObject({ code: 0 });
});
