import { setTimeout as sleep } from 'node:timers/promises';
import { CardumeError, type IndexClient, type Lease, openIndex } from '@cardume/client';
import { type IndexServer, startIndexServer } from './index-server.ts';
import { FileSource, peerIdOf } from './names.ts';
import { percentile } from './percentile.ts';

const connections = 64;
const leaseMs = 30_000;
/** After how long peers renew that nobody told otherwise; an index with very many does. */
const renewEveryMs = leaseMs / 3;
const measuredMs = 30_000;
const expiringPeers = 10_000;
const searchesInFlight = 16;
/** Few: those who have joined renew meanwhile, and come first. */
const joinsInFlight = 32;

const overloaded = new Set(['TIMED_OUT', 'LIMIT_REACHED']);

type JoinInput = Parameters<IndexClient['join']>[0];

/** Peers that renew, of which many stop at once while others search. Returns lines of Markdown. */
export async function measureRenewals(database: string, peers: number, say: (text: string) => void): Promise<string[]> {
  const server = await startIndexServer(database, '30s');
  const clients = Array.from({ length: connections }, () => openIndex(server.address));
  try {
    const joinedMs = performance.now();
    const herd = new Herd(clients);
    await herd.join(peers);
    const joinSeconds = (performance.now() - joinedMs) / 1_000;
    say(`${peers} peers joined in ${joinSeconds.toFixed(0)} s`);
    const steady = await measureSteady(herd, server);
    say(steady.at(-1) ?? '');
    const expiring = Math.min(expiringPeers, Math.floor(peers / 2));
    // For what those list who stay: a search that finds nothing also looks for what may be meant.
    const staying = { first: expiring, count: Math.min(1_000, peers - expiring) };
    const calm = await searchFor(clients, staying, 5_000);
    herd.stopFirst(expiring);
    // From before the first of them expires until the last one is cleared: each had up to three fifths of its lease to go.
    await sleep(leaseMs - 2 * renewEveryMs);
    const stormy = await searchFor(clients, staying, 3 * renewEveryMs);
    const { peerCount } = (await clients[0]?.stats()) ?? { peerCount: 0 };
    herd.stop();
    return [
      `### ${peers} peers that renew`,
      '',
      `Joined in ${joinSeconds.toFixed(0)} s (${Math.round(peers / joinSeconds)} per second, one file each) over ${connections} connections, where real peers have one each;`,
      `${herd.joinedAgain} joins were tried again. A lease of 30 s, renewals when the index says (every 10 s; less often when very many renew), for 30 s.`,
      '',
      ...steady,
      '',
      `| ${searchesInFlight} searches in flight, of exact names | per second | p50, ms | p99, ms |`,
      '|---|---|---|---|',
      `| while all renew | ${calm} |`,
      `| while ${expiring} of them expire and are cleared | ${stormy} |`,
      '',
      `Afterwards ${peerCount} peers were live${peerCount === peers - expiring ? '' : `, not ${peers - expiring}`}.`,
      '',
    ];
  } finally {
    for (const client of clients) client.close();
    await server.process.stop();
  }
}

async function measureSteady(herd: Herd, server: IndexServer): Promise<string[]> {
  // Through a first round, so that all are under way.
  await sleep(renewEveryMs);
  herd.takeLatencies();
  const beforeCpu = server.cpuSeconds();
  const startMs = performance.now();
  await sleep(measuredMs);
  const seconds = (performance.now() - startMs) / 1_000;
  const latencies = herd.takeLatencies();
  const cpu = ((server.cpuSeconds() - beforeCpu) / seconds) * 100;
  return [
    '| renewals per second | p50, ms | p99, ms | failed | the index, % of a core | peak RSS, MiB |',
    '|---|---|---|---|---|---|',
    `| ${Math.round(latencies.length / seconds)} | ${percentile(latencies, 50).toFixed(1)} | ${percentile(latencies, 99).toFixed(1)} | ${herd.failed} | ${cpu.toFixed(0)} | ${Math.round(server.peakMiB())} |`,
  ];
}

/** Searches for some time for the files of some peers; returns cells of a table. */
async function searchFor(
  clients: readonly IndexClient[],
  peers: { first: number; count: number },
  forMs: number,
): Promise<string> {
  const latencies: number[] = [];
  const endMs = performance.now() + forMs;
  let next = 0;
  await Promise.all(
    Array.from({ length: searchesInFlight }, async () => {
      while (performance.now() < endMs) {
        const number = next++;
        const startMs = performance.now();
        await clients[number % clients.length]?.search({
          query: nameOf(peers.first + (number % peers.count)),
          mode: 'exact',
        });
        latencies.push(performance.now() - startMs);
      }
    }),
  );
  const perSecond = (latencies.length / forMs) * 1_000;
  return `${Math.round(perSecond)} | ${percentile(latencies, 50).toFixed(1)} | ${percentile(latencies, 99).toFixed(1)}`;
}

function nameOf(peer: number): string {
  return `share ${peer % 5_000}/file ${peer}.bin`;
}

const turnMs = 10;
const retryMs = 1_000;

/** Many peers, of which each has one file and renews when it was told to. */
class Herd {
  readonly #clients: readonly IndexClient[];
  readonly #leases: Lease[] = [];
  /** Whose turn it is, by the turn; those of the past are gone. */
  readonly #due = new Map<number, number[]>();
  #latencies: number[] = [];
  #stoppedBefore = 0;
  #timer: NodeJS.Timeout | undefined;
  /** How many renewals failed. */
  failed = 0;
  /** How many joins were tried again. */
  joinedAgain = 0;

  constructor(clients: readonly IndexClient[]) {
    this.#clients = clients;
  }

  /** Joins, a bounded number at a time; who has joined renews from then on. */
  async join(count: number): Promise<void> {
    const source = new FileSource(count);
    let next = 0;
    this.#start();
    await Promise.all(
      this.#clients.slice(0, joinsInFlight).map(async (_, lane) => {
        for (let peer = next++; peer < count; peer = next++) {
          const file = { ...source.pick(() => 0.5), name: nameOf(peer) };
          const input = { peerId: peerIdOf(peer), host: '127.0.0.1', port: 1, shareName: '', files: [file] };
          const client = this.#clients[peer % this.#clients.length] ?? this.#clients[lane];
          if (client === undefined) throw new Error('there is no connection');
          const lease = await this.#joinOnce(client, input);
          this.#renewAfter(this.#leases.push(lease) - 1, lease.renewIntervalMs);
        }
      }),
    );
  }

  async #joinOnce(client: IndexClient, input: JoinInput): Promise<Lease> {
    for (;;) {
      try {
        return await client.join(input);
      } catch (error) {
        // The index had too much to do, and may have it by now: it is asked again, as a peer does.
        if (!CardumeError.is(error) || !overloaded.has(error.reason)) throw error;
        this.joinedAgain += 1;
        input.peerId = undefined;
      }
    }
  }

  #start(): void {
    let done = this.#turnAt(0);
    this.#timer = setInterval(() => {
      for (const now = this.#turnAt(0); done <= now; done += 1) {
        for (const at of this.#due.get(done) ?? []) if (at >= this.#stoppedBefore) void this.#renew(at);
        this.#due.delete(done);
      }
    }, turnMs);
  }

  #turnAt(afterMs: number): number {
    return Math.floor((performance.now() + afterMs) / turnMs);
  }

  #renewAfter(at: number, afterMs: number): void {
    const turn = this.#turnAt(afterMs);
    const others = this.#due.get(turn);
    if (others === undefined) this.#due.set(turn, [at]);
    else others.push(at);
  }

  async #renew(at: number): Promise<void> {
    const lease = this.#leases[at];
    const client = this.#clients[at % this.#clients.length];
    if (lease === undefined || client === undefined) return;
    const startMs = performance.now();
    try {
      const { renewIntervalMs } = await client.renew(lease);
      this.#latencies.push(performance.now() - startMs);
      this.#renewAfter(at, renewIntervalMs - (performance.now() - startMs));
    } catch {
      this.failed += 1;
      this.#renewAfter(at, retryMs);
    }
  }

  /** The times of the renewals since it was asked last, in milliseconds. */
  takeLatencies(): number[] {
    const taken = this.#latencies;
    this.#latencies = [];
    return taken;
  }

  /** The first ones renew no more. */
  stopFirst(count: number): void {
    this.#stoppedBefore = count;
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
