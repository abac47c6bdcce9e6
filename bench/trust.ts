// `npm run bench:trust`: what certificates cost on calls and connections; appends what it found to bench/RESULTS.md.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { formatAddress, openPeer, type PeerClient } from '@cardume/client';
import { openNetwork, parseInvite } from '@cardume/client/trust';
import { startIndex } from '@cardume/index';
import { startPeer } from '@cardume/peer';
import { appendResults } from './support/append-results.ts';
import { describeRun } from './support/describe-run.ts';
import { runMain } from './support/run-main.ts';

const rounds = 5;
const connectionsPerRound = 200;
const callsPerRound = 5_000;
const inFlight = 16;

const usage = `npm run bench:trust -- [FLAGS]

  --no-save   print only, and append nothing to bench/RESULTS.md`;

interface Options {
  help: boolean;
  save: boolean;
}

function readOptions(args: readonly string[]): Options {
  const options = {
    help: { type: 'boolean', default: false },
    'no-save': { type: 'boolean', default: false },
  } as const;
  const { values } = parseArgs({ args: [...args], options });
  return { help: values.help, save: !values['no-save'] };
}

type Connect = () => PeerClient;

/** A connection and one call on it, how many a second. */
async function connectionsPerSecond(connect: Connect): Promise<number> {
  const startMs = performance.now();
  for (let count = 0; count < connectionsPerRound; count += 1) {
    const client = connect();
    await client.id();
    client.close();
  }
  return (connectionsPerRound / (performance.now() - startMs)) * 1_000;
}

/** Calls on one connection, how many a second. */
async function callsPerSecond(connect: Connect): Promise<number> {
  const client = connect();
  await client.id();
  let left = callsPerRound;
  const startMs = performance.now();
  const call = async (): Promise<void> => {
    for (; left > 0; ) {
      left -= 1;
      await client.listFilesPage(1);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, call));
  client.close();
  return (callsPerRound / (performance.now() - startMs)) * 1_000;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

async function main(args: readonly string[], { save }: Options): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'cardume-bench-'));
  const share = join(folder, 'share.txt');
  writeFileSync(share, 'hello');
  const index = await startIndex({ listen: '127.0.0.1:0', logLevel: 'silent', authority: join(folder, 'authority') });
  const invites = await index.invites([index.address]);
  const { networkId, addresses, token } = parseInvite(invites?.member ?? '');
  const enrol = (name: string) => openNetwork({ folder: join(folder, name), networkId, addresses, token });
  const [serving, calling] = [await enrol('serving'), await enrol('calling')];
  const options = { paths: [share], index: formatAddress(index.address), logLevel: 'silent' as const };
  const plain = await startPeer({ ...options, index: '127.0.0.1:1' });
  // One member makes all calls here.
  const secured = await startPeer({ ...options, network: serving, callsPerSecond: false });
  let unlike = 0;
  const ways: Record<string, Connect> = {
    plaintext: () => openPeer(plain.address),
    'certificates, a handshake for each connection': () => {
      // Nobody has spoken to it with just these authorities before.
      unlike += 1;
      const tls = calling.tlsOfPeer(secured.peerId);
      return openPeer(secured.address, { tls: { ...tls, authority: tls.authority + '\n'.repeat(unlike) } });
    },
    'certificates, connections that go on from the one before': () =>
      openPeer(secured.address, { tls: calling.tlsOfPeer(secured.peerId) }),
  };
  try {
    for (const connect of Object.values(ways)) await connectionsPerSecond(connect);
    const found = new Map(
      Object.keys(ways).map((way) => [way, { connections: [] as number[], calls: [] as number[] }]),
    );
    for (let round = 0; round < rounds; round += 1) {
      for (const [way, connect] of Object.entries(ways)) {
        found.get(way)?.connections.push(await connectionsPerSecond(connect));
        found.get(way)?.calls.push(await callsPerSecond(connect));
      }
    }
    const base = found.get('plaintext');
    const rows = [...found].map(([way, { connections, calls }]) => {
      const [connected, called] = [median(connections), median(calls)];
      const ratios = [connected / median(base?.connections ?? []), called / median(base?.calls ?? [])];
      const [ofConnections = 0, ofCalls = 0] = ratios;
      return `| ${way} | ${Math.round(connected)} | ${ofConnections.toFixed(2)} | ${Math.round(called)} | ${ofCalls.toFixed(2)} |`;
    });
    const command = ['npm run bench:trust --', ...args].join(' ');
    const lines = [
      ...describeRun({ command, method: `medians of ${rounds} interleaved rounds` }),
      '',
      '### What certificates cost: calls and connections',
      '',
      `A peer and its caller in one process. A connection with one call on it, ${connectionsPerRound} in turn; calls on one connection, ${callsPerRound} with ${inFlight}`,
      'in flight. TLS 1.3, ECDSA P-256, both ends verify each other. Ratios: to plaintext.',
      '',
      '| | connections/s | ratio | calls/s | ratio |',
      '|---|---|---|---|---|',
      ...rows,
      '',
    ];
    console.log(lines.join('\n'));
    if (save) appendResults(lines);
  } finally {
    await Promise.all([plain.stop(0), secured.stop(0), index.stop(0)]);
    for (const network of [serving, calling]) network.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

await runMain(usage, readOptions, main);
