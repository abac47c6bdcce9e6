import { setTimeout as sleep } from 'node:timers/promises';
import { formatAddress, type IndexClient, type Lease, openIndex } from '@cardume/client';
import { startIndexServer } from './index-server.ts';
import { peerIdOf } from './names.ts';

const loadMs = 3_000;
const joinsInFlight = 16;
const renewingPeers = 500;
const renewEveryMs = 1_000;
const rounds = 3;

interface Acknowledged {
  name: string;
  lease: Lease;
}

/** An index that is killed while peers join and renew, and started again. Returns lines of Markdown. */
export async function measureRestart(database: string, say: (text: string) => void): Promise<string[]> {
  const lines = [
    '### Killed with SIGKILL under load, and started again',
    '',
    `Joins with ${joinsInFlight} in flight, while ${renewingPeers} peers renew every second; the lease is 30 s.`,
    '',
    '| round | joins acknowledged before | of these there afterwards | peers that renewed within an interval of its return |',
    '|---|---|---|---|',
  ];
  let listen = '127.0.0.1:0';
  for (let round = 1; round <= rounds; round += 1) {
    const server = await startIndexServer(database, '30s', listen);
    listen = formatAddress(server.address);
    const index = openIndex(server.address);
    const renewing = await joinMany(index, renewingPeers, (number) => `renewing ${round} ${number}`);
    const timer = setInterval(() => {
      for (const { lease } of renewing) void index.renew(lease).catch(() => undefined);
    }, renewEveryMs);
    const acknowledged: Acknowledged[] = [];
    const ended = joinUntilItEnds(index, round, acknowledged);
    await sleep(loadMs);
    server.process.kill('SIGKILL');
    await Promise.all([server.process.waitForEnd(), ended]);
    clearInterval(timer);

    const again = await startIndexServer(database, '30s', listen);
    const backMs = performance.now();
    const renewed = await countRenewed(index, renewing, backMs + renewEveryMs);
    const there = await countFound(index, acknowledged);
    lines.push(`| ${round} | ${acknowledged.length} | ${there} | ${renewed} of ${renewing.length} |`);
    say(lines.at(-1) ?? '');
    index.close();
    await again.process.stop();
  }
  return [...lines, ''];
}

async function joinOne(index: IndexClient, name: string): Promise<Acknowledged> {
  const file = { name, sizeBytes: 1, digest: peerIdOf(0), modifyTime: undefined };
  const lease = await index.join({ host: '127.0.0.1', port: 1, shareName: name, files: [file] });
  return { name, lease };
}

function joinMany(index: IndexClient, count: number, nameOf: (number: number) => string): Promise<Acknowledged[]> {
  return Promise.all(Array.from({ length: count }, (_, number) => joinOne(index, nameOf(number))));
}

async function joinUntilItEnds(index: IndexClient, round: number, acknowledged: Acknowledged[]): Promise<void> {
  let next = 0;
  await Promise.all(
    Array.from({ length: joinsInFlight }, async () => {
      for (;;) {
        try {
          acknowledged.push(await joinOne(index, `joined ${round} ${next++}`));
        } catch {
          return;
        }
      }
    }),
  );
}

/** How many leases live and are found by their file's name. Those that were joined long ago may have ended. */
async function countFound(index: IndexClient, acknowledged: readonly Acknowledged[]): Promise<number> {
  let found = 0;
  for (const { name, lease } of acknowledged) {
    const { hits } = await index.search({ query: name, mode: 'exact' });
    if (hits.some(({ holders }) => holders.some(({ peerId }) => peerId === lease.peerId))) found += 1;
  }
  return found;
}

async function countRenewed(index: IndexClient, renewing: readonly Acknowledged[], untilMs: number): Promise<number> {
  const renewals = await Promise.allSettled(renewing.map(({ lease }) => index.renew(lease)));
  const done = renewals.filter(({ status }) => status === 'fulfilled').length;
  return performance.now() <= untilMs ? done : 0;
}
