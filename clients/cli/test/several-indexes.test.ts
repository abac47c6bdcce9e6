// The command and the SDK with the addresses of two indexes that share nothing, at both of which a peer shares the same file.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type IndexClient, openIndex, parseAddresses } from '@cardume/client';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { cardumeCommand } from '../../../tests/support/cardume-command.ts';
import { failureOf } from '../../../tests/support/failure-of.ts';
import type { StartedProcess } from '../../../tests/support/start-process.ts';
import { until } from '../../../tests/support/until.ts';

const cardume = cardumeCommand();
let sets = 0;

interface OneIndex {
  process: StartedProcess;
  address: string;
  args: string[];
}

/** Starts an index with a database that outlives it, and a peer that shares the file there and nowhere else. */
async function startOne(name: string): Promise<OneIndex> {
  const args = ['--database', `sqlite:${join(cardume.folder, `${name}.db`)}`];
  const { process, address } = await cardume.startIndex(args);
  await cardume.startShare(['shared'], ['--index', address, '--state', join(cardume.folder, `${name}-state`)]);
  return { process, address, args };
}

async function kill({ process }: OneIndex): Promise<void> {
  process.kill('SIGKILL');
  await process.waitForEnd();
}

async function startAgain(one: OneIndex): Promise<void> {
  // The last --listen counts.
  one.process = (await cardume.startIndex([...one.args, '--listen', one.address])).process;
}

/** Searches all the time, several at once; whatever fails or finds nothing fails the test. */
function keepSearching(search: () => Promise<unknown>, atOnce: number) {
  let count = 0;
  let isDone = false;
  const loops = Array.from({ length: atOnce }, async () => {
    for (; !isDone; count += 1) await search();
  });
  const all = Promise.all(loops);
  // Told by `more` and `end`; until then nobody waits for it.
  all.catch(() => undefined);
  return {
    /** Waits until so many more are done. */
    async more(wanted: number) {
      const before = count;
      await Promise.race([all, until(`${wanted} more searches`, () => count >= before + wanted)]);
    },
    async end() {
      isDone = true;
      await all;
    },
  };
}

describe('with the addresses of two indexes', () => {
  let first: OneIndex;
  let second: OneIndex;
  let index: IndexClient;

  beforeEach(async () => {
    mkdirSync(join(cardume.folder, 'shared'), { recursive: true });
    writeFileSync(join(cardume.folder, 'shared', 'found.iso'), 'x'.repeat(100));
    sets += 1;
    first = await startOne(`first-${sets}`);
    second = await startOne(`second-${sets}`);
    index = openIndex(parseAddresses(`${first.address},${second.address}`, 'index'));
  });
  afterEach(async () => {
    index.close();
    await Promise.all([kill(first), kill(second)]);
  });

  const searchOnce = async (): Promise<void> => {
    const { hits } = await index.search({ query: 'found.iso', mode: 'exact' });
    expect(hits).toHaveLength(1);
  };

  test('no search fails while one and then the other is killed, and what has come back is used again', async () => {
    const searches = keepSearching(searchOnce, 8);
    await searches.more(100);
    await kill(first);
    await searches.more(200);
    await startAgain(first);
    await kill(second);
    await searches.more(200);
    await searches.end();
  });

  test('the error of a search that none can answer names both, and one that comes back answers', async () => {
    await searchOnce();
    await Promise.all([kill(first), kill(second)]);
    const failure = await failureOf(searchOnce);
    expect(failure.reason).toBe('UNREACHABLE');
    const flags = ['--index', first.address, '--index', second.address];
    const { code, stdout, stderr } = await cardume.run(['search', 'found', '--json', ...flags]);
    expect(code).toBe(1);
    const told: unknown = JSON.parse(stdout);
    expect(told).toMatchObject({ type: 'error', reason: 'UNREACHABLE' });
    for (const { address } of [first, second]) {
      for (const text of [failure.message, stdout, stderr]) expect(text).toContain(`index ${address} `);
    }
    await startAgain(second);
    await searchOnce();
  });

  test('no command fails while the first is killed, and one that says nothing is passed over', async () => {
    cardume.env.CARDUME_INDEX = `${first.address},${second.address}`;
    const commands = keepSearching(async () => {
      const { code, stdout, stderr } = await cardume.run(['search', 'found', '--json']);
      expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout).toContain('"name":"found.iso"');
    }, 2);
    await commands.more(2);
    await kill(first);
    await commands.more(4);
    await commands.end();

    await startAgain(first);
    first.process.kill('SIGSTOP');
    const { code, stderr } = await cardume.run(['get', 'found.iso', '-o', 'got']);
    expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
    expect(readFileSync(join(cardume.folder, 'got', 'found.iso'), 'utf8')).toHaveLength(100);
  });
});
