import { CardumeError, formatAddress, type IndexClient, type Lease, openIndex } from '@cardume/client';
import { findGhz, indexCall, type LoadResult, runGhz } from './ghz.ts';
import { startIndexServer } from './index-server.ts';
import { FileSource, peerIdOf } from './names.ts';
import { percentile } from './percentile.ts';

const renewalsInFlight = 512;
const leaseMs = 30_000;
/** How often peers renew at first, as those do that an index with very many told so. */
const greatestIntervalMs = 18_000;
/** How long the index may take to clear the lists of those who expired. */
const clearingMs = 5_000;
const expiringPeers = 10_000;
/** How many searches at once: how long one waits, and how long when there are as many as the index can answer. */
const searchesInFlight = [1, 16];
const joinsInFlight = 32;
/** While they join, so that those who have joined need not renew before all have. */
const joiningLease = '1h';

const overloaded = new Set(['TIMED_OUT', 'LIMIT_REACHED']);

type JoinInput = Parameters<IndexClient['join']>[0];

/** Peers that renew, of which many stop at once while others search. Returns lines of Markdown. */
export async function measureRenewals(
  database: string,
  peers: number,
  folder: string,
  say: (text: string) => void,
): Promise<string[]> {
  const ghz = findGhz();
  if (ghz === undefined) return ['### Peers that renew', '', 'Skipped: ghz is not installed.', ''];
  const joining = await startIndexServer(database, joiningLease);
  const clients = Array.from({ length: joinsInFlight }, () => openIndex(joining.address));
  let server = joining;
  try {
    const startMs = performance.now();
    const { leases, joinedAgain } = await joinAll(clients, peers);
    const joinSeconds = (performance.now() - startMs) / 1_000;
    say(`${peers} peers joined in ${joinSeconds.toFixed(0)} s`);
    await joining.process.stop();
    server = await startIndexServer(database, `${leaseMs}ms`, formatAddress(joining.address));

    /** All of these renew so many times, each in its turn, as often as the index wants. */
    const renew = (renewing: readonly Lease[], intervalMs: number, rounds: number): Promise<LoadResult> =>
      runGhz({
        ghz,
        folder,
        inFlight: renewalsInFlight,
        address: formatAddress(server.address),
        ...indexCall('Renew'),
        messages: renewing.map(({ peerId, leaseSecret }) => ({ peer_id: peerId, lease_secret: leaseSecret })),
        length: { calls: rounds * renewing.length, perSecond: renewing.length / (intervalMs / 1_000) },
      });
    const first = await renew(leases, greatestIntervalMs, 1);
    if (first.failed > 0) {
      const wanted = Math.round(peers / (greatestIntervalMs / 1_000));
      throw new Error(
        `${first.failed} leases ended in the first round: here it is ${Math.round(first.perSecond)} renewals a second, not ${wanted}; take fewer --peers`,
      );
    }
    const intervalMs = await intervalOf(clients, leases);
    const cpuBefore = server.cpuSeconds();
    const steadyMs = performance.now();
    const steady = await renew(leases, intervalMs, 2);
    const cpu = ((server.cpuSeconds() - cpuBefore) / (performance.now() - steadyMs)) * 100_000;
    const steadyRow = `| ${Math.round(steady.perSecond)} | ${(intervalMs / 1_000).toFixed(1)} | ${steady.p50Ms.toFixed(1)} | ${steady.p99Ms.toFixed(1)} | ${steady.failed} | ${cpu.toFixed(0)} | ${Math.round(server.peakMiB())} |`;
    say(steadyRow);

    const expiring = Math.min(expiringPeers, Math.floor(peers / 2 / searchesInFlight.length));
    const left = peers - expiring * searchesInFlight.length;
    // For what those list who stay: a search that finds nothing also looks for what may be meant.
    const staying = { first: peers - left, count: Math.min(1_000, left) };
    // Until the last of those who stopped has expired and is cleared.
    const rounds = Math.ceil((leaseMs + clearingMs) / intervalMs);
    const searchRows: string[] = [];
    for (const [turn, inFlight] of searchesInFlight.entries()) {
      const search = (forMs: number): Promise<string> => searchFor(clients, inFlight, staying, forMs);
      const live = leases.slice(turn * expiring);
      const [calm] = await Promise.all([search(intervalMs), renew(live, intervalMs, 1)]);
      const [stormy] = await Promise.all([
        search(rounds * intervalMs),
        renew(live.slice(expiring), intervalMs, rounds),
      ]);
      searchRows.push(
        `| ${inFlight}, while all renew | ${calm} |`,
        `| ${inFlight}, while ${expiring} of them expire and are cleared | ${stormy} |`,
      );
      say(searchRows.slice(-2).join('\n'));
    }
    const { peerCount } = (await clients[0]?.stats()) ?? { peerCount: 0 };
    return [
      `### ${peers} peers that renew`,
      '',
      `Joined in ${joinSeconds.toFixed(0)} s (${Math.round(peers / joinSeconds)} per second, one file each; ${joinedAgain} joins were tried again). Then the index was`,
      `started again with a lease of ${leaseMs / 1_000} s, and all renew by ghz over 8 connections, where real peers have one each, as often as`,
      'the index tells them.',
      '',
      '| renewals per second | interval, s | p50, ms | p99, ms | failed | the index, % of a core | peak RSS, MiB |',
      '|---|---|---|---|---|---|---|',
      steadyRow,
      '',
      '| searches of exact names in flight | per second | p50, ms | p99, ms |',
      '|---|---|---|---|',
      ...searchRows,
      '',
      `Afterwards ${peerCount} peers were live${peerCount === left ? '' : `, not ${left}`}.`,
      '',
    ];
  } finally {
    for (const client of clients) client.close();
    await server.process.stop();
  }
}

/** After how long the index wants to hear from a peer again. */
async function intervalOf([client]: readonly IndexClient[], [lease]: readonly Lease[]): Promise<number> {
  if (client === undefined || lease === undefined) throw new Error('there is no peer');
  return (await client.renew(lease)).renewIntervalMs;
}

/** Searches for some time for the files of some peers; returns cells of a table. */
async function searchFor(
  clients: readonly IndexClient[],
  inFlight: number,
  peers: { first: number; count: number },
  forMs: number,
): Promise<string> {
  const latencies: number[] = [];
  const endMs = performance.now() + forMs;
  let next = 0;
  await Promise.all(
    Array.from({ length: inFlight }, async () => {
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

/** Peers that join, of which each has one file; returns their leases, and how many joins were tried again. */
async function joinAll(
  clients: readonly IndexClient[],
  count: number,
): Promise<{ leases: Lease[]; joinedAgain: number }> {
  const source = new FileSource(count);
  const leases: Lease[] = [];
  let joinedAgain = 0;
  let next = 0;
  const joinOnce = async (client: IndexClient, input: JoinInput): Promise<Lease> => {
    for (;;) {
      try {
        return await client.join(input);
      } catch (error) {
        // The index had too much to do, and may have it by now: it is asked again, as a peer does.
        if (!CardumeError.is(error) || !overloaded.has(error.reason)) throw error;
        joinedAgain += 1;
        input.peerId = undefined;
      }
    }
  };
  await Promise.all(
    clients.map(async (client) => {
      for (let peer = next++; peer < count; peer = next++) {
        const file = { ...source.pick(() => 0.5), name: nameOf(peer) };
        leases[peer] = await joinOnce(client, {
          peerId: peerIdOf(peer),
          host: '127.0.0.1',
          port: 1,
          shareName: '',
          files: [file],
        });
      }
    }),
  );
  return { leases, joinedAgain };
}
