import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { type CardumeCommand, cardumeCommand } from '../../../tests/support/cardume-command.ts';
import { until } from '../../../tests/support/until.ts';
import { jsonLines, startReceiver as receiverOf } from './support/receivers.ts';

const cardume = cardumeCommand();
let index: string;

beforeAll(async () => {
  index = (await cardume.startIndex()).address;
});

const startReceiver = (name: string, flags?: string[]) => receiverOf(cardume, index, name, flags);

/** Bytes of which no two pieces are the same. */
function bytesOf(sizeBytes: number): Buffer {
  return Buffer.from(Uint8Array.from({ length: sizeBytes }, (_, at) => (at * 7 + (at >> 8) * 13 + (at >> 16)) & 255));
}

const send = (args: string[], command: CardumeCommand = cardume) =>
  command.run(['send', ...args, '--index', index, '--json']);

describe('cardume send', () => {
  test('sends files and folders to a peer by its name or id, and says what they are called there', async () => {
    const { inbox, peerId } = await startReceiver('laptop');
    mkdirSync(join(cardume.folder, 'album/sub'), { recursive: true });
    writeFileSync(join(cardume.folder, 'album/sub/a.txt'), 'a');
    writeFileSync(join(cardume.folder, 'note.txt'), 'hello');
    const sent = await send(['note.txt', 'album', 'laptop']);
    expect(sent.code).toBe(0);
    expect(jsonLines(sent.stdout)).toContainEqual(
      expect.objectContaining({ type: 'result', sent: 2, refused: 0, failed: 0 }),
    );
    expect(readFileSync(join(inbox, 'note.txt'), 'utf8')).toBe('hello');
    expect(readFileSync(join(inbox, 'album/sub/a.txt'), 'utf8')).toBe('a');
    const again = await cardume.run(['send', 'note.txt', peerId.slice(0, 8), '--index', index]);
    expect(again).toMatchObject({ code: 0, stdout: 'note.txt to laptop: was there already, verified\n' });
    // Nothing of it can be found.
    expect((await cardume.run(['search', 'note.txt', '--index', index, '--json'])).stdout).not.toContain('note.txt');
  });

  test('sends to several at once, and to all, and ends with 1 when some refuse', async () => {
    const [one, two] = await Promise.all([startReceiver('node1'), startReceiver('node2')]);
    const content = bytesOf(5_000_000);
    writeFileSync(join(cardume.folder, 'image.iso'), content);
    expect((await send(['image.iso', 'node1,node2'])).code).toBe(0);
    for (const { inbox } of [one, two]) expect(readFileSync(join(inbox, 'image.iso')).equals(content)).toBe(true);
    const picky = await startReceiver('picky', ['--yes', '--types', 'txt']);
    writeFileSync(join(cardume.folder, 'other.iso'), bytesOf(1_000));
    const all = await send(['other.iso', 'all']);
    expect(all.code).toBe(1);
    const ends = jsonLines(all.stdout).filter(({ type }) => type === 'sent' || type === 'refused');
    expect(ends).toContainEqual(expect.objectContaining({ type: 'refused', peer: 'picky', reason: 'OFFER_REFUSED' }));
    expect(ends.filter(({ type }) => type === 'sent').length).toBeGreaterThanOrEqual(2);
    expect(existsSync(join(picky.inbox, 'other.iso'))).toBe(false);
    const only = await send(['other.iso', 'picky']);
    expect(only.code).toBe(4);
    // Who takes nothing is not among all.
    expect(ends.every(({ peer }) => ['laptop', 'node1', 'node2', 'picky'].includes(String(peer)))).toBe(true);
    await Promise.all([one, two, picky].map(({ process }) => process.stop()));
  });

  test('sends to all who have a tag', async () => {
    const tagged = await Promise.all(
      ['render1', 'render2'].map((name) => startReceiver(name, ['--yes', '--tag', 'render'])),
    );
    writeFileSync(join(cardume.folder, 'scene.txt'), 'a scene');
    const sent = await send(['scene.txt', 'render']);
    expect(sent.code).toBe(0);
    for (const { inbox } of tagged) expect(readFileSync(join(inbox, 'scene.txt'), 'utf8')).toBe('a scene');
    expect((await cardume.run(['peers', '--index', index])).stdout).toMatch(/TAKES {2}TAGS\n/);
    await Promise.all(tagged.map(({ process }) => process.stop()));
  });

  test('goes on when a receiver is killed and started again', async () => {
    const content = bytesOf(24 * 1024 * 1024);
    writeFileSync(join(cardume.folder, 'big.bin'), content);
    const first = await startReceiver('server');
    const sending = cardume.start(['send', 'big.bin', 'server', '--limit-up', '4MB/s', '--index', index, '--json']);
    await until('some of it to be there', () =>
      jsonLines(sending.stdout).some(
        ({ type, verifiedBytes }) => type === 'progress' && Number(verifiedBytes) > 4_000_000,
      ),
    );
    first.process.kill('SIGKILL');
    await first.process.waitForEnd();
    expect(existsSync(join(first.inbox, 'big.bin'))).toBe(false);
    await sending.waitForObject('away');
    const before = sending.stdout.length;
    const second = await startReceiver('server');
    expect(await sending.waitForEnd()).toMatchObject({ code: 0 });
    expect(readFileSync(join(second.inbox, 'big.bin')).equals(content)).toBe(true);
    expect(readdirSync(join(second.inbox, '.cardume-incoming'))).toEqual([]);
    const afterwards = jsonLines(sending.stdout.slice(before)).filter(({ type }) => type === 'progress');
    // Begun anew, it would have two megabytes at the most when that is told first.
    const [firstBytes] = afterwards.map(({ verifiedBytes }) => Number(verifiedBytes)).filter((bytes) => bytes > 0);
    expect(firstBytes).toBeGreaterThan(3_500_000);
    await second.process.stop();
  });

  test('leaves nothing behind when it is interrupted, and the receiver keeps what it has', async () => {
    writeFileSync(join(cardume.folder, 'long.bin'), bytesOf(8 * 1024 * 1024));
    const { process, inbox } = await startReceiver('patient');
    const sending = cardume.start(['send', 'long.bin', 'patient', '--limit-up', '1MB/s', '--index', index, '--json']);
    await sending.waitForObject('accepted');
    sending.kill('SIGINT');
    expect(await sending.waitForEnd()).toMatchObject({ code: 130 });
    const peers = jsonLines((await cardume.run(['peers', '--index', index, '--json'])).stdout);
    expect(peers.filter(({ shareName }) => shareName === '')).toEqual([]);
    expect(existsSync(join(inbox, 'long.bin'))).toBe(false);
    await process.stop();
  });

  test.each<[string, string[], number, RegExp]>([
    ['a peer that is not there', ['note.txt', 'nobody'], 3, /no live peer is called "nobody"/],
    ['nobody named', ['note.txt'], 2, /name what to send first/],
    ['a file that is not there', ['absent.txt', 'laptop'], 2, /absent\.txt/],
    ['an empty place', ['note.txt', 'laptop,,x'], 2, /nothing at one place/],
  ])('says what is wrong with %s', async (_what, args, code, text) => {
    writeFileSync(join(cardume.folder, 'note.txt'), 'hello');
    const ended = await send(args);
    expect(ended.code).toBe(code);
    expect(ended.stderr).toMatch(text);
  });
});

describe('cardume receive', () => {
  test('asks at the terminal for each thing, and only a yes is one', async () => {
    const words = ['receive', 'asking', '--name', 'asking', '--index', index];
    const command = [process.execPath, ...cardume.nodeArgs(words)].map((word) => `'${word}'`).join(' ');
    const terminal = spawn('script', ['-qec', command, '/dev/null'], { cwd: cardume.folder, env: cardume.env });
    let shown = '';
    terminal.stdout.on('data', (data: Buffer) => {
      shown += data;
    });
    try {
      await until('the peer to be joined', () => shown.includes('Joined the index'));
      for (const [name, answer] of [
        ['wanted.txt', 'y'],
        ['unwanted.txt', 'n'],
        ['unsure.txt', ''],
      ]) {
        writeFileSync(join(cardume.folder, String(name)), 'hello');
        const sending = cardume.start(['send', String(name), 'asking', '--index', index, '--json']);
        await until('the question', () => shown.includes(`sends ${name}, 5 B. Take it? [y/N]`));
        await sending.waitForObject('asked');
        terminal.stdin.write(`${answer}\n`);
        expect(await sending.waitForEnd()).toMatchObject({ code: answer === 'y' ? 0 : 4 });
        expect(existsSync(join(cardume.folder, 'asking', String(name)))).toBe(answer === 'y');
      }
      // Ctrl-C ends it, also while it waits for an answer.
      const last = cardume.start(['send', 'unsure.txt', 'asking', '--wait', '1s', '--index', index, '--json']);
      await last.waitForObject('asked');
      terminal.stdin.write('\u0003');
      await until('the receiver to end', () => terminal.exitCode !== null);
      expect((await last.waitForEnd()).code).toBe(1);
    } finally {
      terminal.kill();
    }
  });

  test('takes nothing where nobody can be asked and no rule says so', async () => {
    const ended = await cardume.run(['receive', 'nowhere', '--index', index]);
    expect(ended).toMatchObject({ code: 2 });
    expect(ended.stderr).toMatch(/--yes: nobody can be asked here/);
    expect((await cardume.run(['receive', 'nowhere', '--ask', '--index', index])).stderr).toMatch(/no terminal/);
    expect((await cardume.run(['share', '.', '--inbox-yes', '--index', index])).stderr).toMatch(
      /--inbox: name the folder/,
    );
  });

  test('shares on what it received, when that is wanted; a share has an inbox, too', async () => {
    const { process } = await startReceiver('relay', ['--yes', '--share-on']);
    writeFileSync(join(cardume.folder, 'shared-on.txt'), 'for all');
    expect((await send(['shared-on.txt', 'relay'])).code).toBe(0);
    await until('it to be listed', async () => {
      const found = await cardume.run(['search', 'shared-on', '--index', index, '--json']);
      return jsonLines(found.stdout).some(({ name }) => name === 'shared-on.txt');
    });
    await process.stop();
    mkdirSync(join(cardume.folder, 'data'), { recursive: true });
    writeFileSync(join(cardume.folder, 'data/own.txt'), 'own');
    const flags = ['--index', index, '--name', 'both', '--inbox', 'both-inbox', '--inbox-yes'];
    // Nothing was left unfinished, and so nothing is there for it.
    expect(readdirSync(join(cardume.folder, 'relay'))).toEqual(['shared-on.txt']);
    const share = await cardume.startShare(['data'], flags);
    expect((await send(['shared-on.txt', 'both'])).code).toBe(0);
    expect(readFileSync(join(cardume.folder, 'both-inbox/shared-on.txt'), 'utf8')).toBe('for all');
    await share.process.stop();
  });
});

describe('in a network with certificates', () => {
  const [owner, receiving, ana, other] = [1, 2, 3, 4].map(() => cardumeCommand()) as [
    CardumeCommand,
    CardumeCommand,
    CardumeCommand,
    CardumeCommand,
  ];

  test('takes what a user sends who is named, and of nobody else', async () => {
    const authority = owner.start(['index', '--listen', '0.0.0.0:0', '--host', '127.0.0.1', '--json']);
    const { invite } = await authority.waitForObject('listening');
    const added = await owner.run(['index', 'user', 'add', 'ana', '--json']);
    const [anas] = jsonLines(added.stdout);
    const flags = ['--name', 'inbox', '--from', 'ana', '--index', String(invite), '--json'];
    const receiver = receiving.start(['receive', 'inbox', ...flags]);
    await receiver.waitForObject('joined');
    for (const [machine, its, code] of [
      [ana, anas?.invite, 0],
      [other, invite, 4],
    ] as const) {
      const content = bytesOf(2_000_000);
      writeFileSync(join(machine.folder, `by-${code}.bin`), content);
      const sent = await machine.run(['send', `by-${code}.bin`, 'inbox', '--index', String(its), '--json']);
      expect([sent.code, sent.stdout + sent.stderr]).toEqual([code, expect.any(String)]);
      expect(existsSync(join(receiving.folder, 'inbox', `by-${code}.bin`))).toBe(code === 0);
    }
    expect(receiver.stdout).toMatch(/"type":"received".*"from":"ana \(127\.0\.0\.1\)"/);
  });
});
