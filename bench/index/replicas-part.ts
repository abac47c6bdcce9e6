import { setTimeout as sleep } from 'node:timers/promises';
import { CardumeError, formatAddress, type IndexClient, openIndex } from '@cardume/client';
import { fillIndex } from './fill.ts';
import { type IndexServer, startIndexServer } from './index-server.ts';
import { FileSource, listOf, peerIdOf } from './names.ts';
import { percentile } from './percentile.ts';

const replicaCounts = [1, 2, 3];
const rows = 100_000;
const searchersPerReplica = 8;
const loadMs = 5_000;
const joinRounds = 20;
const filesPerJoin = 500;

/** Several replicas on one PostgreSQL database. Returns lines of Markdown. */
export async function measureReplicas(database: string, say: (text: string) => void): Promise<string[]> {
  const lines = [
    `### Replicas on one PostgreSQL, ${rows} entries`,
    '',
    `Exact searches with ${searchersPerReplica} in flight at each replica; joins of ${filesPerJoin} files with two in flight at each, one after the`,
    'other kind; then one replica is killed with SIGKILL under searches of clients that know them all. All on the same processors.',
    '',
    '| replicas | searches/s | p50, ms | p99, ms | rows joined/s | joined at one, found at all after, ms (most of 20) | one is killed: searches, failed |',
    '|---|---|---|---|---|---|---|',
  ];
  for (const count of replicaCounts) {
    const replicas = await Promise.all(Array.from({ length: count }, () => startIndexServer(database, '1h')));
    const clients = replicas.map(({ address }) => openIndex(address));
    try {
      const [first] = replicas;
      if (first !== undefined) await fillIndex(first, rows, say);
      const searches = await searchFor(clients, loadMs);
      const rowsPerSecond = await joinFor(clients, loadMs, count);
      const foundMs = await measureVisibility(clients, count);
      const killed = count === 1 ? '' : await killOne(replicas);
      lines.push(`| ${count} | ${searches} | ${Math.round(rowsPerSecond)} | ${foundMs.toFixed(0)} | ${killed} |`);
      say(lines.at(-1) ?? '');
    } finally {
      for (const client of clients) client.close();
      await Promise.all(replicas.map((replica) => replica.process.stop()));
    }
  }
  return [...lines, ''];
}

async function searchFor(clients: readonly IndexClient[], forMs: number): Promise<string> {
  const source = new FileSource(rows);
  const latencies: number[] = [];
  const endMs = performance.now() + forMs;
  const search = async (client: IndexClient): Promise<void> => {
    while (performance.now() < endMs) {
      const startMs = performance.now();
      await client.search({ query: source.pick(Math.random).name, mode: 'exact' });
      latencies.push(performance.now() - startMs);
    }
  };
  await Promise.all(clients.flatMap((client) => Array.from({ length: searchersPerReplica }, () => search(client))));
  const perSecond = (latencies.length / forMs) * 1_000;
  return `${Math.round(perSecond)} | ${percentile(latencies, 50).toFixed(1)} | ${percentile(latencies, 99).toFixed(1)}`;
}

/** Joins peers at all replicas for some time; returns how many rows of theirs a second. */
async function joinFor(clients: readonly IndexClient[], forMs: number, round: number): Promise<number> {
  const source = new FileSource(rows);
  const startMs = performance.now();
  let joined = 0;
  let next = 0;
  const join = async (client: IndexClient): Promise<void> => {
    while (performance.now() - startMs < forMs) {
      const peer = 1_000_000 * round + next++;
      const files = listOf(source, peer, filesPerJoin);
      const lease = await client.join({ peerId: peerIdOf(peer), host: '127.0.0.1', port: 1, shareName: '', files });
      joined += filesPerJoin;
      await client.leave(lease);
    }
  };
  await Promise.all(clients.flatMap((client) => [join(client), join(client)]));
  return joined / ((performance.now() - startMs) / 1_000);
}

/** The longest time until a join at one replica is found at all. */
async function measureVisibility(clients: readonly IndexClient[], round: number): Promise<number> {
  let most = 0;
  for (let join = 0; join < joinRounds; join += 1) {
    const client = clients[join % clients.length];
    if (client === undefined) throw new Error('there is no replica');
    const file = { name: `seen ${round} ${join}`, sizeBytes: 1, digest: peerIdOf(join), modifyTime: undefined };
    const peerId = peerIdOf(900_000_000 + 1_000 * round + join);
    await client.join({ peerId, host: '127.0.0.1', port: 1, shareName: '', files: [file] });
    const joinedMs = performance.now();
    await Promise.all(
      clients.map(async (other) => {
        while ((await other.search({ query: file.name, mode: 'exact' })).hits.length === 0) await sleep(1);
      }),
    );
    most = Math.max(most, performance.now() - joinedMs);
  }
  return most;
}

/** Kills the first replica while clients that know all of them search; returns how many searches there were, and failed. */
async function killOne(replicas: readonly IndexServer[]): Promise<string> {
  const addresses = replicas.map(({ address }) => address);
  const [first, ...others] = addresses;
  if (first === undefined) throw new Error('there is no replica');
  const clients = Array.from({ length: searchersPerReplica }, () => openIndex([first, ...others]));
  const source = new FileSource(rows);
  const failures: string[] = [];
  let done = 0;
  const endMs = performance.now() + loadMs;
  const searching = clients.map(async (client) => {
    while (performance.now() < endMs) {
      try {
        await client.search({ query: source.pick(Math.random).name, mode: 'exact' });
      } catch (error) {
        failures.push(CardumeError.is(error) ? error.reason : String(error));
      }
      done += 1;
    }
  });
  await sleep(loadMs / 2);
  replicas[0]?.process.kill('SIGKILL');
  await Promise.all(searching);
  for (const client of clients) client.close();
  const reasons = failures.length === 0 ? '' : ` (${[...new Set(failures)].join(', ')} at ${formatAddress(first)})`;
  return `${done}, ${failures.length}${reasons}`;
}
