import { readFileSync } from 'node:fs';
import { type AddressInfo, connect as connectTcp, createServer } from 'node:net';
import { join } from 'node:path';
import { pipeline } from 'node:stream';
import { connect, formatAddress, openIndex, openPeer } from '@cardume/client';
import type { Network } from '@cardume/client/trust';
import type { IndexOptions, RunningIndex } from '@cardume/index';
import { startIndex } from '@cardume/index';
import { type RelayServerOptions, type RunningRelay, startRelay } from '@cardume/index/relay';
import type { PeerEvent, PeerOptions } from '@cardume/peer';
import { afterEach, describe, expect, test } from '@jest/globals';
import { failureOf } from '../../../tests/support/failure-of.ts';
import { readAudit } from '../../../tests/support/read-audit.ts';
import { temporaryFolder } from '../../../tests/support/temporary-folder.ts';
import { until } from '../../../tests/support/until.ts';
import { startAlteringRelay } from './hostile/support/altering-relay.ts';
import { offerAll } from './support/offer-all.ts';
import { patterned, usePeers, writeFiles } from './support/start-test-peer.ts';
import { useNetworks } from './support/test-network.ts';

const folder = temporaryFolder();
const startPeer = usePeers();
const { startNetwork, enrol, clientOf, usersOf, fresh, closing } = useNetworks(folder);
const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

/** Nobody listens there, so that the peer is hidden from all. */
const nowhere = '127.0.0.1:9';
const large = patterned(70 * 1024 * 1024);

/** Shares files at an address where nobody answers. */
async function hide(
  index: RunningIndex,
  network: Network | undefined,
  files: Record<string, Buffer>,
  more: Partial<PeerOptions> = {},
) {
  const path = fresh('share');
  writeFiles(path, files);
  const at = formatAddress(index.address);
  return startPeer({ paths: [path], stateFolder: `${path}-state`, index: at, network, advertise: nowhere, ...more });
}

const isRelayed = (events: readonly PeerEvent[], count = 1): boolean =>
  events.some((event) => event.type === 'relayed' && event.relays.length === count);

async function startAlone(options: RelayServerOptions): Promise<RunningRelay> {
  const relay = await startRelay({ listen: '127.0.0.1:0', logLevel: 'silent', ...options });
  stops.push(() => relay.stop(0));
  return relay;
}

describe('a peer that nobody can dial', () => {
  test('sends to one that takes what it offers, which fetches it through the index', async () => {
    const { index, member } = await startNetwork({ relay: { bytesPerSecondPerUser: 2 ** 30 } });
    const at = formatAddress(index.address);
    const path = fresh('sending');
    writeFiles(path, { 'sent.bin': large.subarray(0, 5_000_000) });
    const sending = { paths: [join(path, 'sent.bin')], stateFolder: `${path}-state`, unlisted: true };
    const senderNetwork = await enrol(member);
    const sender = await startPeer({ ...sending, index: at, network: senderNetwork, advertise: nowhere });
    await until('it to listen', () => isRelayed(sender.events));
    const inbox = fresh('inbox');
    const taking = { folder: inbox, otherwise: 'accept' } as const;
    const receiver = await startPeer({ paths: [], index: at, network: await enrol(member), inbox: taking });
    const client = closing(openPeer(receiver.peer.address, { tls: senderNetwork.tlsOfPeer(receiver.peer.peerId) }));
    const file = await until('it to be hashed', () => sender.peer.sharedAs(join(path, 'sent.bin')));
    const told = await offerAll(client, { file, peerId: sender.peer.peerId, port: 0 });
    expect(told.at(-1)).toMatchObject({ kind: 'done', name: 'sent.bin' });
    expect(readFileSync(join(inbox, 'sent.bin')).equals(large.subarray(0, 5_000_000))).toBe(true);
  });

  test('is reached through the index, by its own certificate, whatever the size of the file', async () => {
    const audit = fresh('audit');
    const { index, member } = await startNetwork({ audit, relay: { bytesPerSecondPerUser: 2 ** 30 } });
    const { peer, events } = await hide(index, await enrol(member), {
      'small.txt': Buffer.from('hello'),
      'large.bin': large,
    });
    await until('the peer to listen', () => isRelayed(events));
    const cardume = clientOf(index, await enrol(member));
    const { hits } = await cardume.index.search({ query: 'large.bin' });
    expect(hits[0]?.holders).toMatchObject([{ peerId: peer.peerId, reachable: false }]);
    for (const [name, content] of [
      ['small.txt', Buffer.from('hello')],
      ['large.bin', large],
    ] as const) {
      const { path, sources } = await cardume.get(name, { folder: fresh('got'), blocksThread: name === 'small.txt' });
      expect(readFileSync(path).equals(content)).toBe(true);
      const how = name === 'small.txt' ? {} : { path: 'relayed' };
      expect(sources).toMatchObject([{ peerId: peer.peerId, failure: undefined, ...how }]);
    }
    cardume.close();
    const relayed = await until('the audit log to have it', () => {
      const found = readAudit(audit).filter(({ event }) => event === 'relayed');
      return found.length > 0 ? found : undefined;
    });
    expect(relayed[0]).toMatchObject({ user: 'everyone', detail: { peerId: peer.peerId } });
    const served = events.filter((event) => event.type === 'served');
    expect(served.map((event) => event.type === 'served' && event.callerAddress)).toContain('unknown');
  });

  test('is reached in plaintext, where there are no certificates', async () => {
    const index = await startIndex({ listen: '127.0.0.1:0', logLevel: 'silent' });
    stops.push(() => index.stop(0));
    const { events } = await hide(index, undefined, { 'a.bin': patterned(200_000) });
    await until('the peer to listen', () => isRelayed(events));
    const cardume = connect({ index: index.address });
    stops.push(() => cardume.close());
    const { path } = await cardume.get('a.bin', { folder: fresh('got') });
    expect(readFileSync(path).equals(patterned(200_000))).toBe(true);
  });

  test('is reached through relays that stand alone, and by the next one when one goes away in the middle', async () => {
    const database = `sqlite:${fresh('index')}.db`;
    const { index: first, member, authority } = await startNetwork({ database });
    const relays = [
      await startAlone({ network: await enrol(member) }),
      await startAlone({ network: await enrol(member) }),
    ];
    // What relays there are is told by whoever runs the index.
    await first.stop(0);
    const options: IndexOptions = {
      authority,
      database,
      relay: false,
      relays: relays.map(({ address }) => formatAddress(address)),
    };
    const index = await startIndex({ listen: formatAddress(first.address), logLevel: 'silent', ...options });
    stops.push(() => index.stop(0));
    const { events } = await hide(index, await enrol(member), { 'large.bin': large });
    await until('the peer to listen at both', () => isRelayed(events, 2));
    const cardume = clientOf(index, await enrol(member));
    let stopped: RunningRelay | undefined;
    const { path } = await cardume.get('large.bin', {
      folder: fresh('got'),
      onProgress({ verifiedBytes }) {
        if (verifiedBytes < 4_000_000 || stopped !== undefined) return;
        stopped = relays.find(({ tunnelCount }) => tunnelCount > 0);
        void stopped?.stop(0);
      },
    });
    expect(stopped).toBeDefined();
    expect(readFileSync(path).equals(large)).toBe(true);
  });

  test('and that stops lets what goes through a relay come to its end', async () => {
    const { index, member } = await startNetwork();
    const content = { 'slow.bin': patterned(1_000_000) };
    const limit = { maxUploadBytesPerSecond: 1_000_000 };
    const { peer, events } = await hide(index, await enrol(member), content, limit);
    await until('the peer to listen', () => isRelayed(events));
    const cardume = clientOf(index, await enrol(member));
    let stopping: Promise<void> | undefined;
    const { path, sources } = await cardume.get('slow.bin', {
      folder: fresh('got'),
      holderWaitMs: 1_000,
      onProgress({ receivedBytes }) {
        if (receivedBytes > 0) stopping ??= peer.stop(20_000);
      },
    });
    expect(readFileSync(path).equals(patterned(1_000_000))).toBe(true);
    expect(sources).toMatchObject([{ path: 'relayed', failure: undefined }]);
    cardume.close();
    expect(stopping).toBeDefined();
    await stopping;
  });

  test('listens again when the index comes back', async () => {
    const database = `sqlite:${fresh('index')}.db`;
    const { index, member, authority } = await startNetwork({ database });
    const { events } = await hide(index, await enrol(member), { 'a.bin': patterned(200_000) });
    await until('the peer to listen', () => isRelayed(events));
    await index.stop(0);
    await until('the peer to notice', () => isRelayed(events, 0));
    events.length = 0;
    const again = await startIndex({ listen: formatAddress(index.address), authority, database, logLevel: 'silent' });
    stops.push(() => again.stop(0));
    await until('the peer to listen again', () => isRelayed(events));
    const cardume = clientOf(again, await enrol(member));
    await cardume.get('a.bin', { folder: fresh('got') });
  });

  test('takes no more connections of a relay in a second than of one address', async () => {
    const { index, member } = await startNetwork();
    const { peer, events } = await hide(
      index,
      await enrol(member),
      { 'a.bin': patterned(10) },
      { connectionsPerSecond: 1 },
    );
    await until('it to listen', () => isRelayed(events));
    const { connectThrough } = await import('@cardume/client/relay');
    const { address } = index;
    const at = { ...address, target: formatAddress(address), tls: (await enrol(member)).tlsOfIndex() };
    const startMs = performance.now();
    const tunnels = Array.from({ length: 30 }, () => connectThrough(at, peer.peerId));
    for (const { stream } of tunnels) stops.push(() => stream.destroy());
    const accepted = (await Promise.allSettled(tunnels.map(({ opened }) => opened))).filter(
      ({ status }) => status === 'fulfilled',
    ).length;
    expect(accepted).toBeGreaterThanOrEqual(5);
    expect(accepted).toBeLessThanOrEqual(6 + (performance.now() - startMs) / 1_000);
  }, 60_000);

  test('is dialled without a relay as soon as that works', async () => {
    const { index, member } = await startNetwork({ relay: { bytesPerSecondPerUser: 4_000_000 } });
    const free = await startAlone({});
    const at = free.address;
    await free.stop(0);
    const { peer, events } = await hide(
      index,
      await enrol(member),
      { 'large.bin': large },
      { advertise: formatAddress(at) },
    );
    await until('the peer to listen', () => isRelayed(events));
    const cardume = clientOf(index, await enrol(member));
    const forwards = forwardWhen(at, peer.address);
    stops.push(() => forwards.close());
    const { path } = await cardume.get('large.bin', {
      folder: fresh('got'),
      onProgress: ({ verifiedBytes }) => {
        if (verifiedBytes > 2_000_000) forwards.begin();
      },
    });
    expect(readFileSync(path).equals(large)).toBe(true);
    // At 4 MB/s the relay would have carried all; most of it came by the other path.
    expect(forwards.bytes).toBeGreaterThan(large.length / 3);
  });
});

describe('a peer that nobody can dial connects to one that asks for it', () => {
  test('so that no byte of a file passes the relay', async () => {
    const audit = fresh('audit');
    const { index, member } = await startNetwork({ audit });
    const { peer, events } = await hide(index, await enrol(member), { 'large.bin': large });
    await until('the peer to listen', () => isRelayed(events));
    const own = await enrol(member);
    const getting = await startPeer({ paths: [], index: formatAddress(index.address), network: own });
    const cardume = connect({
      index: index.address,
      network: own,
      callBack: (peerId) => getting.peer.callBack(peerId),
    });
    const { path, sources } = await cardume.get('large.bin', { folder: fresh('got') });
    expect(sources).toMatchObject([{ path: 'reverse' }]);
    cardume.close();
    expect(readFileSync(path).equals(large)).toBe(true);
    expect(readAudit(audit).filter(({ event }) => event === 'relayed')).toEqual([]);
    expect(events.filter(({ type }) => type === 'served').length).toBeGreaterThan(0);
    expect(peer.peerId).not.toBe(getting.peer.peerId);
  });

  test('and to nobody whom the index did not reach, or who has no certificate that says who it is', async () => {
    const { index, member } = await startNetwork();
    const { peer, events } = await hide(index, await enrol(member), { 'a.bin': patterned(10) });
    await until('the peer to listen', () => isRelayed(events));
    const asking = await enrol(member);
    const client = closing(openIndex(index.address, { tls: () => asking.tlsOfIndex() }));
    const question = { peerId: peer.peerId, tunnelId: Buffer.alloc(32, 1) };
    // It has not joined, and so the index does not know where it is.
    expect((await failureOf(() => client.askBack(question))).reason).toBe('NOT_ALLOWED');
    const other = await hide(index, await enrol(member), { 'b.bin': patterned(10) });
    expect((await failureOf(() => other.peer.callBack(peer.peerId))).reason).toBe('NOT_ALLOWED');
    const reached = await startPeer({ paths: [], index: formatAddress(index.address), network: asking });
    expect(reached.peer.fileCount).toBe(0);
    expect((await failureOf(() => reached.peer.callBack('c'.repeat(64)))).reason).toBe('PEER_NOT_LISTENING');
    expect((await failureOf(() => client.askBack({ ...question, tunnelId: Buffer.alloc(3) }))).reason).toBe(
      'INVALID_FIELD',
    );
  });
});

describe('a relay that means harm', () => {
  test('and alters what passes gets nobody anything but a connection that fails', async () => {
    const database = `sqlite:${fresh('index')}.db`;
    const { index: first, member, authority } = await startNetwork({ database });
    const mallory = await enrol(member);
    let altered = 0;
    const hostile = await startAlteringRelay(mallory.serverTls(), (data) => {
      altered += 1;
      const copy = Buffer.from(data);
      // Beyond the greeting of TLS, so that it is encrypted records that are altered; and at last the greeting, too.
      if (data.length > 600 || altered > 4) copy[copy.length - 1] = (copy.at(-1) ?? 0) ^ 1;
      return copy;
    });
    stops.push(() => hostile.stop(0));
    await first.stop(0);
    const relays = [formatAddress(hostile.address)];
    const index = await startIndex({
      listen: formatAddress(first.address),
      authority,
      database,
      relay: false,
      relays,
      logLevel: 'silent',
    });
    stops.push(() => index.stop(0));
    const { events } = await hide(index, await enrol(member), { 'a.bin': patterned(2_000_000) });
    await until('the peer to listen', () => isRelayed(events));
    const cardume = clientOf(index, await enrol(member));
    const failure = await failureOf(() => cardume.get('a.bin', { folder: fresh('got'), holderWaitMs: 3_000 }));
    expect(failure.reason).toBe('NO_HOLDER_LEFT');
    expect(altered).toBeGreaterThan(0);
    expect(events.filter(({ type }) => type === 'served')).toEqual([]);
  });

  test('and sends a peer to a victim has it connect to nobody', async () => {
    const database = `sqlite:${fresh('index')}.db`;
    const { index: first, member, authority } = await startNetwork({ database });
    const mallory = await enrol(member);
    let connections = 0;
    const victim = createServer((socket) => {
      connections += 1;
      socket.destroy();
    });
    await new Promise<void>((resolve) => victim.listen(0, '127.0.0.1', resolve));
    stops.push(() => victim.close());
    const { port } = victim.address() as AddressInfo;
    const { peerId } = mallory.identity;
    const hostile = await startAlteringRelay(mallory.serverTls(), (data) => data, { host: '127.0.0.1', port, peerId });
    stops.push(() => hostile.stop(0));
    await first.stop(0);
    const relays = [formatAddress(hostile.address)];
    const listen = formatAddress(first.address);
    const index = await startIndex({ listen, authority, database, relay: false, relays, logLevel: 'silent' });
    stops.push(() => index.stop(0));
    const { events } = await hide(index, await enrol(member), { 'a.bin': patterned(1_000) });
    await until('the peer to listen', () => isRelayed(events));
    const cardume = clientOf(index, await enrol(member));
    const failure = await failureOf(() => cardume.get('a.bin', { folder: fresh('got'), holderWaitMs: 1_000 }));
    expect(failure.reason).toBe('NO_HOLDER_LEFT');
    expect(connections).toBe(0);
  });
});

describe('what a relay lets whom do', () => {
  test('nothing to a stranger; a reader connects, and does not listen; nobody listens as another', async () => {
    const { index, member, admin } = await startNetwork();
    const users = usersOf(index, await enrol(admin));
    const { token } = await users.addUser({ name: 'reader', role: 1 });
    const reader = await enrol(member, token);
    const { events } = await hide(index, reader, { 'a.bin': patterned(10) });
    expect(isRelayed(events)).toBe(false);
    const { listenAt } = await import('@cardume/client/relay');
    const at = { ...index.address, target: formatAddress(index.address) };
    const listening = async (network: Network, peerId: string): Promise<void> => {
      for await (const _ of listenAt({ ...at, tls: network.tlsOfIndex() }, peerId, AbortSignal.timeout(5_000))) return;
    };
    const sharing = await enrol(member);
    expect((await failureOf(() => listening(reader, reader.identity.peerId))).reason).toBe('NOT_ALLOWED');
    expect((await failureOf(() => listening(sharing, reader.identity.peerId))).reason).toBe('NOT_ALLOWED');
    await listening(sharing, sharing.identity.peerId);
    const relays = await closing(openIndex(index.address, { tls: () => reader.tlsOfIndex() })).relays();
    expect(relays).toMatchObject({ here: true, addresses: [] });
  });
});

/** Passes connections on from one address to another, once it is told to. */
function forwardWhen(from: { host: string; port: number }, to: { host: string; port: number }) {
  let bytes = 0;
  let isBegun = false;
  const server = createServer((socket) => {
    const other = connectTcp(to.port, to.host);
    other.on('data', (data) => {
      bytes += data.length;
    });
    pipeline(socket, other, socket, () => undefined);
  });
  return {
    get bytes() {
      return bytes;
    },
    begin() {
      if (!isBegun) server.listen(from.port, from.host);
      isBegun = true;
    },
    close: () => server.close(),
  };
}
