// Clients and peers that know several addresses of an index, of which processes are killed and stopped.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openIndex, parseAddresses } from '@cardume/client';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { cardumeCommand } from '../../../tests/support/cardume-command.ts';
import { describeWith } from '../../../tests/support/describe-with.ts';
import { failureOf } from '../../../tests/support/failure-of.ts';
import { type StartedProcess, startProcess } from '../../../tests/support/start-process.ts';
import { temporaryFolder } from '../../../tests/support/temporary-folder.ts';
import { until } from '../../../tests/support/until.ts';
import { joinInput, listed, peerIdOf } from './support/listed.ts';
import { findPostgres, type PostgresServer, startPostgres } from './support/postgres-server.ts';

const script = join(import.meta.dirname, 'support/index-process.ts');
const folder = temporaryFolder();
const cardume = cardumeCommand();
const started: StartedProcess[] = [];
let databases = 0;

interface Started {
  process: StartedProcess;
  address: string;
}

async function startOne(options: object = {}): Promise<Started> {
  const database = `sqlite:${join(folder, `${databases++}.db`)}`;
  const settings = { listen: '127.0.0.1:0', database, leaseTtlMs: 6_000, ...options };
  const one = startProcess(process.execPath, [script, JSON.stringify(settings)], {});
  started.push(one);
  const { address } = await one.waitForObject('listening');
  return { process: one, address: String(address) };
}

const open = (...addresses: string[]) => openIndex(parseAddresses(addresses.join(','), 'index'));

afterEach(async () => {
  for (const one of started.splice(0)) {
    one.kill('SIGKILL');
    await one.waitForEnd();
  }
});

describe('of several indexes', () => {
  test('the first is asked as long as it answers, the next one when it was killed, and errors that are answers stay', async () => {
    const [first, second] = [await startOne(), await startOne()];
    const alone = open(second.address);
    await alone.join(joinInput([listed('only at the second')], { peerId: peerIdOf('a') }));
    const index = open(first.address, second.address);
    expect(index.targets).toEqual([first.address, second.address]);
    expect((await index.search({ query: 'only' })).hits).toEqual([]);
    expect(await failureOf(() => index.search({ query: 'ext:' }))).toMatchObject({ reason: 'INVALID_FIELD' });
    first.process.kill('SIGKILL');
    expect((await index.search({ query: 'only' })).hits).toHaveLength(1);
    expect(await failureOf(() => index.renew({ peerId: peerIdOf('b'), leaseSecret: 'x' }))).toMatchObject({
      reason: 'LEASE_UNKNOWN',
    });
    second.process.kill('SIGKILL');
    await second.process.waitForEnd();
    const failure = await failureOf(() => index.search({ query: 'only' }));
    expect(failure.reason).toBe('UNREACHABLE');
    expect(failure.message).toContain(first.address);
    expect(failure.message).toContain(second.address);
    await startOne({ listen: first.address });
    expect((await index.search({ query: 'only' })).hits).toEqual([]);
    index.close();
    alone.close();
  });

  test('one that takes connections and says nothing costs seconds, once', async () => {
    const [first, second] = [await startOne(), await startOne()];
    const index = open(first.address, second.address);
    await index.stats();
    first.process.kill('SIGSTOP');
    const startMs = performance.now();
    await index.stats();
    const onceMs = performance.now() - startMs;
    for (let call = 0; call < 20; call += 1) await index.stats();
    expect(onceMs).toBeLessThan(6_000);
    expect(performance.now() - startMs - onceMs).toBeLessThan(3_000);
    first.process.kill('SIGCONT');
    index.close();
  });

  test('several that say nothing cost a call no more than its own time, and the error names each', async () => {
    const all = [await startOne(), await startOne(), await startOne()];
    const index = open(...all.map(({ address }) => address));
    await index.stats();
    for (const { process } of all) process.kill('SIGSTOP');
    const startMs = performance.now();
    const failure = await failureOf(() => index.stats());
    expect(performance.now() - startMs).toBeLessThan(12_000);
    expect(failure.reason).toBe('TIMED_OUT');
    for (const { address } of all) expect(failure.message).toContain(address);
    all[2]?.process.kill('SIGCONT');
    await index.stats();
    expect(index.inUse).toBe(all[2]?.address);
    index.close();
  });

  test('one that says nothing costs a watch that begins seconds, and a publish a third of a lease', async () => {
    const [first, second] = [await startOne({ leaseTtlMs: 30_000 }), await startOne()];
    const index = open(first.address, second.address);
    const lease = await index.join(joinInput([], { peerId: peerIdOf('a') }));
    await index.publish(lease, [{ added: [listed('before')] }]);
    first.process.kill('SIGSTOP');
    const publishMs = performance.now();
    const failure = await failureOf(() => index.publish(lease, [{ added: [listed('x')] }]));
    // It is sent to the next one, which is no replica of it here.
    expect(failure).toMatchObject({ reason: 'LEASE_UNKNOWN' });
    expect(performance.now() - publishMs).toBeLessThan(12_000);
    expect(index.inUse).toBe(second.address);
    index.close();

    const other = open(first.address, second.address);
    const watchMs = performance.now();
    for await (const _ of other.watch()) break;
    expect(performance.now() - watchMs).toBeLessThan(6_000);
    expect(other.inUse).toBe(second.address);
    other.close();
  });

  test('a peer that comes back to one where it has a lease still proves itself by the secret that it got there', async () => {
    const [first, second] = [await startOne({ leaseTtlMs: 120_000 }), await startOne()];
    mkdirSync(join(cardume.folder, 'coming-back'));
    writeFileSync(join(cardume.folder, 'coming-back', 'back.iso'), 'x');
    const index = `${first.address},${second.address}`;
    const { peerId } = await cardume.startShare(['coming-back'], ['--index', index]);
    const [atFirst, atSecond] = [open(first.address), open(second.address)];
    first.process.kill('SIGSTOP');
    // A change, so that it does not wait for the renewal of a long lease.
    writeFileSync(join(cardume.folder, 'coming-back', 'second.iso'), 'y');
    await until('the peer at the second', async () => (await atSecond.search({ query: 'second' })).hits.length > 0);
    first.process.kill('SIGCONT');
    second.process.kill('SIGKILL');
    await second.process.waitForEnd();
    writeFileSync(join(cardume.folder, 'coming-back', 'third.iso'), 'z');
    await until('the peer at the first', async () => (await atFirst.search({ query: 'third' })).hits.length > 0);
    expect(await collectPeers(atFirst)).toMatchObject([{ peerId, fileCount: 3 }]);
    atFirst.close();
    atSecond.close();
  });

  test('a peer that the command shares with moves to the next one with its list, and so does who searches', async () => {
    const [first, second] = [await startOne(), await startOne()];
    cardume.env.CARDUME_INDEX = `${first.address},${second.address}`;
    mkdirSync(join(cardume.folder, 'shared'));
    writeFileSync(join(cardume.folder, 'shared', 'moving.iso'), 'x');
    await cardume.startShare(['shared'], []);
    expect((await cardume.run(['search', 'moving'])).stdout).toContain('moving.iso');
    first.process.kill('SIGKILL');
    const found = await until('the peer to have moved', async () => {
      const { stdout } = await cardume.run(['search', 'moving', '--json']);
      return stdout === '' ? undefined : stdout;
    });
    expect(found).toContain('"name":"moving.iso"');
    // The config file as well.
    const { CARDUME_INDEX: _, ...others } = cardume.env;
    const env = { ...others, XDG_CONFIG_HOME: join(cardume.folder, 'config') };
    mkdirSync(join(cardume.folder, 'config', 'cardume'), { recursive: true });
    const config = JSON.stringify({ index: `${first.address},${second.address}` });
    writeFileSync(join(cardume.folder, 'config', 'cardume', 'config.json'), config);
    expect(await cardume.run(['peers', '--json'], { env })).toMatchObject({ code: 0 });
    expect((await cardume.run(['get', 'moving.iso', '-o', 'got'], { env })).code).toBe(0);
  });
});

describeWith({ name: 'PostgreSQL', command: findPostgres() }, 'of several replicas', (binaries) => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startPostgres(binaries);
  });
  afterAll(() => server.remove());

  test('one is killed, and no search fails, no lease is lost, and no change is missed by who watches', async () => {
    const database = await server.newDatabase();
    const [first, second] = [await startOne({ database }), await startOne({ database })];
    const index = open(first.address, second.address);
    const lease = await index.join(joinInput([listed('x.iso')], { peerId: peerIdOf('a') }));
    const seen: string[] = [];
    const watching = (async () => {
      for await (const { change } of index.watch()) {
        if (change?.kind === 'list-changed') seen.push(...change.added.map(({ name }) => name));
      }
    })().catch(() => undefined);
    let isDone = false;
    let count = 0;
    const searching = Promise.all(
      Array.from({ length: 8 }, async () => {
        for (; !isDone; count += 1)
          expect((await index.search({ query: 'x.iso', mode: 'exact' })).hits).toHaveLength(1);
      }),
    );
    const renewing = (async () => {
      while (!isDone) expect((await index.renew(lease)).fileCount).toBeGreaterThan(0);
    })();
    await until('searches', () => count > 200);
    first.process.kill('SIGKILL');
    const before = count;
    await until('searches at the other one', () => count > before + 200);
    isDone = true;
    await Promise.all([searching, renewing]);
    await index.publish(lease, [{ added: [listed('y.iso')] }]);
    await until('the change to be seen', () => seen.includes('y.iso'));
    index.close();
    await watching;
  });

  test('one is asked to stop, and no search and no watch notices', async () => {
    const database = await server.newDatabase();
    const [first, second] = [await startOne({ database }), await startOne({ database })];
    const index = open(first.address, second.address);
    const seen: string[] = [];
    const watching = (async () => {
      for await (const { change } of index.watch()) {
        if (change?.kind === 'list-changed') seen.push(...change.added.map(({ name }) => name));
      }
    })();
    const lease = await index.join(joinInput([], { peerId: peerIdOf('a') }));
    await index.publish(lease, [{ added: [listed('before.iso')] }]);
    await until('the first change', () => seen.includes('before.iso'));
    first.process.kill('SIGTERM');
    const searching = Promise.all(
      Array.from({ length: 8 }, async () => {
        while (first.process.end === undefined) expect((await index.search({ query: 'before' })).hits).toHaveLength(1);
      }),
    );
    await first.process.waitForEnd();
    await searching;
    await index.publish(lease, [{ added: [listed('after.iso')] }]);
    await until('the change after it', () => seen.includes('after.iso'));
    expect(seen).toEqual(['before.iso', 'after.iso']);
    index.close();
    await watching.catch(() => undefined);
  });

  test('a peer keeps its lease when the one that it joined at says nothing any more', async () => {
    const database = await server.newDatabase();
    const settings = { database, leaseTtlMs: 12_000 };
    const [first, second] = [await startOne(settings), await startOne(settings)];
    mkdirSync(join(cardume.folder, 'silent'));
    writeFileSync(join(cardume.folder, 'silent', 'silent.iso'), 'x');
    await cardume.startShare(['silent'], ['--index', `${first.address},${second.address}`]);
    const index = open(second.address);
    first.process.kill('SIGSTOP');
    // Longer than a lease.
    const endMs = performance.now() + 15_000;
    while (performance.now() < endMs) {
      expect((await index.search({ query: 'silent.iso', mode: 'exact' })).hits).toHaveLength(1);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    index.close();
  });

  test('a peer keeps its lease and its list when the one that it joined at is killed', async () => {
    const database = await server.newDatabase();
    const [first, second] = [await startOne({ database }), await startOne({ database })];
    mkdirSync(join(cardume.folder, 'kept'));
    writeFileSync(join(cardume.folder, 'kept', 'kept.iso'), 'x');
    await cardume.startShare(['kept'], ['--index', `${first.address},${second.address}`]);
    const index = open(second.address);
    const [before] = await collectPeers(index);
    first.process.kill('SIGKILL');
    writeFileSync(join(cardume.folder, 'kept', 'added.iso'), 'y');
    await until('the change', async () => (await index.search({ query: 'added.iso', mode: 'exact' })).hits.length > 0);
    // Longer than a lease.
    const endMs = performance.now() + 8_000;
    while (performance.now() < endMs) {
      expect((await index.search({ query: 'kept.iso', mode: 'exact' })).hits).toHaveLength(1);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    const [after] = await collectPeers(index);
    expect(after).toMatchObject({ peerId: before?.peerId, fileCount: 2 });
    index.close();
  });
});

async function collectPeers(index: ReturnType<typeof open>) {
  const peers = [];
  for await (const peer of index.listPeers()) peers.push(peer);
  return peers;
}
