// Replicas on one PostgreSQL that are stopped one after the other, as an upgrade does it, while clients and peers call them.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type CardumeError,
  cardumeErrorFrom,
  type IndexClient,
  type Lease,
  openIndex,
  parseAddresses,
} from '@cardume/client';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { cardumeCommand } from '../../../tests/support/cardume-command.ts';
import { describeWith } from '../../../tests/support/describe-with.ts';
import { type StartedProcess, startProcess } from '../../../tests/support/start-process.ts';
import { until } from '../../../tests/support/until.ts';
import { joinInput, listed, peerIdOf } from './support/listed.ts';
import { findPostgres, type PostgresServer, startPostgres } from './support/postgres-server.ts';

const script = join(import.meta.dirname, 'support/index-process.ts');
const cardume = cardumeCommand();
const started: StartedProcess[] = [];
const clients: IndexClient[] = [];

interface Replica {
  process: StartedProcess;
  address: string;
}

async function startReplica(database: string, listen = '127.0.0.1:0'): Promise<Replica> {
  const options = JSON.stringify({ listen, database, leaseTtlMs: 6_000 });
  const replica = startProcess(process.execPath, [script, options], {});
  started.push(replica);
  const { address } = await replica.waitForObject('listening');
  return { process: replica, address: String(address) };
}

function open(addresses: string): IndexClient {
  const index = openIndex(parseAddresses(addresses, 'index'));
  clients.push(index);
  return index;
}

/** Calls again and again, several at once, until it is told to end. */
class Load {
  readonly failures: CardumeError[] = [];
  readonly counts = new Map<string, number>();
  readonly #loops: Promise<void>[] = [];
  #isDone = false;

  keep(name: string, atOnce: number, call: (round: number) => Promise<void>): void {
    this.counts.set(name, 0);
    const loop = async (): Promise<void> => {
      for (let round = 0; !this.#isDone; round += 1) {
        try {
          await call(round);
          this.counts.set(name, (this.counts.get(name) ?? 0) + 1);
        } catch (error) {
          this.failures.push(cardumeErrorFrom(error));
        }
      }
    };
    this.#loops.push(...Array.from({ length: atOnce }, loop));
  }

  /** Waits until each has been done so many times more. */
  async more(times: number): Promise<void> {
    const before = new Map(this.counts);
    await until(`${times} more of each call`, () =>
      [...this.counts].every(([name, count]) => count >= (before.get(name) ?? 0) + times),
    );
  }

  async end(): Promise<void> {
    this.#isDone = true;
    await Promise.all(this.#loops);
  }
}

describeWith({ name: 'PostgreSQL', command: findPostgres() }, 'replicas that are stopped', (binaries) => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startPostgres(binaries);
  });
  afterAll(async () => {
    for (const index of clients) index.close();
    for (const one of started) {
      one.kill('SIGKILL');
      await one.waitForEnd();
    }
    await server.remove();
  });

  test('no call fails, no watch loses or repeats a change, and peers stay, whichever of them is stopped', async () => {
    const database = await server.newDatabase();
    const replicas = [await startReplica(database), await startReplica(database)];
    const addresses = replicas.map(({ address }) => address).join(',');
    mkdirSync(join(cardume.folder, 'kept'));
    writeFileSync(join(cardume.folder, 'kept', 'kept.iso'), 'x');
    const share = await cardume.startShare(['kept'], ['--index', addresses]);

    const index = open(addresses);
    const leases: Lease[] = [];
    for (const letter of ['a', 'b', 'c', 'd']) {
      leases.push(await index.join(joinInput([listed(`${letter}.iso`)], { peerId: peerIdOf(letter) })));
    }
    const watchers = [open(addresses), open(addresses)];
    const seen = watchers.map((): string[] => []);
    const left: string[] = [];
    const abort = new AbortController();
    const watching = watchers.map(async (watcher, at) => {
      for await (const { change } of watcher.watch({}, { signal: abort.signal })) {
        if (change?.kind === 'list-changed') seen[at]?.push(...change.added.map(({ name }) => name));
        if (change?.kind === 'peer-left') left.push(change.peerId);
      }
    });
    await Promise.all(watchers.map((watcher) => watcher.stats()));

    const load = new Load();
    load.keep('search', 8, async () => {
      expect((await index.search({ query: 'kept.iso', mode: 'exact' })).hits).toHaveLength(1);
    });
    load.keep('lookup', 4, async () => {
      const found = [];
      for await (const hits of index.lookup(['a.iso', 'kept.iso', 'none'])) found.push(hits.length);
      expect(found).toEqual([1, 1, 0]);
    });
    load.keep('renewal', 4, async (round) => {
      const lease = leases[round % leases.length];
      if (lease !== undefined) expect((await index.renew(lease)).fileCount).toBeGreaterThan(0);
    });
    load.keep('list of peers', 1, async () => {
      const peers = [];
      for await (const { peerId } of index.listPeers()) peers.push(peerId);
      expect(peers).toHaveLength(5);
      expect(peers).toContain(share.peerId);
    });
    const publisher = open(addresses);
    let published = 0;
    load.keep('publish', 1, async (round) => {
      await publisher.publish(leases[0] as Lease, [{ added: [listed(`published ${round}`)] }]);
      published = round + 1;
    });
    let lastAdded = '';
    load.keep('file of a share', 1, async (round) => {
      lastAdded = `added ${round}`;
      writeFileSync(join(cardume.folder, 'kept', lastAdded), lastAdded);
      const isListed = async () => (await index.search({ query: lastAdded, mode: 'exact' })).hits.length > 0;
      await until(`${lastAdded} to be listed`, isListed);
    });

    for (const at of [0, 1, 0]) {
      const replica = replicas[at];
      if (replica === undefined) throw new Error('no replica');
      await load.more(2);
      replica.process.kill('SIGTERM');
      expect(await replica.process.waitForEnd()).toEqual({ code: 0, signal: null });
      await load.more(2);
      replicas[at] = await startReplica(database, replica.address);
    }
    await load.more(2);
    await load.end();
    console.log(`calls: ${JSON.stringify(Object.fromEntries(load.counts))}`);
    expect(load.failures).toEqual([]);

    const wanted = Array.from({ length: published }, (_, round) => `published ${round}`);
    const publishedOf = (names: readonly string[]) => names.filter((name) => name.startsWith('published '));
    await until('all changes to be seen', () => seen.every((names) => names.includes(wanted.at(-1) ?? '')));
    expect(seen.map(publishedOf)).toEqual([wanted, wanted]);
    expect(left).toEqual([]);
    expect(share.process.stdout).not.toContain('index-lost');
    expect(share.process.stderr).not.toMatch(/index lost|"level":(4|5)0/);
    abort.abort();
    await Promise.all(watching.map((one) => one.catch(() => undefined)));
  }, 180_000);
});
