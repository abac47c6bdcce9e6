import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type ClientHttp2Session, type ClientHttp2Stream, connect as connectHttp2 } from 'node:http2';
import type { Duplex } from 'node:stream';
import { frameMessage } from '@cardume/client';
import { openChannel } from '@cardume/client/channel';
import { acceptFrom } from '@cardume/client/relay';
import { ConnectRequest, RelayServiceDefinition } from '@cardume/proto/relay/v1';
import { describe, expect, test } from '@jest/globals';
import { failureOf } from '../../../tests/support/failure-of.ts';
import { until } from '../../../tests/support/until.ts';
import { useRelays } from './support/relay-world.ts';

const { startRelay, far, listen, connect } = useRelays();
const peerId = 'a'.repeat(64);
const otherId = 'b'.repeat(64);
const mib = 1024 * 1024;

/** A peer that sends back what comes. */
const echo = (stream: Duplex): void => void stream.pipe(stream);

/** Reads so many bytes. */
async function read(stream: Duplex, bytes: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  for (let left = bytes; left > 0; ) {
    const part: Buffer | null = stream.read();
    if (part === null) await once(stream, 'readable');
    else {
      parts.push(part);
      left -= part.length;
    }
  }
  return Buffer.concat(parts);
}

describe('a relay', () => {
  test('carries bytes both ways, as they are, between a caller and a peer that listens', async () => {
    let passedBytes = 0;
    const { relay, at } = await startRelay({
      meter: { relayed: (bytes) => (passedBytes += bytes) },
      bytesPerSecondPerUser: 2 ** 30,
    });
    await listen(at, peerId, echo);
    expect(relay.listenerCount).toBe(1);
    const stream = await connect(at, peerId);
    const sent = randomBytes(3_000_001);
    stream.write(sent);
    const came = await read(stream, sent.length);
    expect(came.equals(sent)).toBe(true);
    expect(relay.tunnelCount).toBe(1);
    stream.end();
    await until('the tunnel to end', () => relay.tunnelCount === 0);
    expect(passedBytes).toBe(2 * sent.length);
  });

  test('ends both sides when either one ends', async () => {
    const { relay, at } = await startRelay();
    const accepted: Duplex[] = [];
    await listen(at, peerId, (stream) => accepted.push(stream));
    const callers = [await connect(at, peerId), await connect(at, peerId)];
    await until('both to be accepted', () => accepted.length === 2);
    callers[0]?.destroy();
    accepted[1]?.destroy();
    for (const stream of [...callers, ...accepted]) stream.resume();
    await until('all to end', () => [...callers, ...accepted].every(({ destroyed }) => destroyed));
    await until('the tunnels to end', () => relay.tunnelCount === 0);
  });

  test('knows nobody who does not listen, and not for long who does not accept', async () => {
    const { at } = await startRelay();
    expect(await failureOf(() => connect(at, peerId))).toMatchObject({
      reason: 'PEER_NOT_LISTENING',
      metadata: { peer_id: peerId },
    });
    const listening = await listen(at, peerId, () => undefined);
    // The same peer listens anew: its old stream ends, and callers come by the new one.
    await listen(at, peerId, echo);
    await listening.ended;
    (await connect(at, peerId)).destroy();
  });

  test('gives a connection to nobody who guesses its id, and to nobody twice', async () => {
    const { at } = await startRelay();
    const channel = openChannel(at, 'relay');
    try {
      const guesses = [...Array.from({ length: 50 }, () => randomBytes(32)), Buffer.alloc(32)];
      for (const id of guesses) {
        expect((await failureOf(() => acceptFrom(at, id).opened)).reason).toBe('TUNNEL_UNKNOWN');
      }
      expect((await failureOf(() => acceptFrom(at, Buffer.alloc(31)).opened)).reason).toBe('INVALID_FIELD');
      const ids: Uint8Array[] = [];
      const service = channel.client(RelayServiceDefinition);
      const ending = new AbortController();
      const told = (async () => {
        for await (const { tunnelId } of service.listen({ peerId }, { signal: ending.signal })) {
          ids.push(tunnelId);
          if (tunnelId.length > 0) return;
        }
      })();
      await until('the peer to listen', () => ids.length > 0);
      const connecting = connect(at, peerId);
      await told;
      const id = ids.at(-1) ?? Buffer.alloc(0);
      const first = acceptFrom(at, id);
      await first.opened;
      expect((await failureOf(() => acceptFrom(at, id).opened)).reason).toBe('TUNNEL_UNKNOWN');
      first.stream.destroy();
      (await connecting).destroy();
    } finally {
      channel.close();
    }
  });

  test('bounds how many connections a caller has, and all have', async () => {
    const { at, relay } = await startRelay({ maxTunnelsPerUser: 2, maxTunnels: 10 });
    await listen(at, peerId, echo);
    const open = [await connect(at, peerId), await connect(at, peerId)];
    const failure = await failureOf(() => connect(at, peerId));
    expect(failure).toMatchObject({ reason: 'LIMIT_REACHED', metadata: { limit: 'maxTunnelsPerUser' } });
    open[0]?.destroy();
    await until('the slot to be free', () => relay.tunnelCount === 1);
    const again = await connect(at, peerId);
    expect(again.destroyed).toBe(false);
  });

  test('lets one who sends wait for one who reads slowly, and holds little meanwhile', async () => {
    let passedBytes = 0;
    const { at } = await startRelay({
      meter: { relayed: (bytes) => (passedBytes += bytes) },
      bytesPerSecondPerUser: 2 ** 30,
    });
    const accepted: Duplex[] = [];
    await listen(at, peerId, (stream) => accepted.push(stream));
    const caller = await connect(at, peerId);
    await until('the peer to accept', () => accepted.length === 1);
    const [peer] = accepted;
    // Nobody reads: what passes is what the windows of the reader's own connection take.
    let written = 0;
    const chunk = Buffer.alloc(1024 * 1024, 1);
    const writing = (async () => {
      for (; written < 64; written++) if (!caller.write(chunk)) await once(caller, 'drain');
    })();
    let before = -1;
    await until('nothing more to pass', async () => {
      const isStill = before === passedBytes && passedBytes > 0;
      before = passedBytes;
      await new Promise((resolve) => setTimeout(resolve, 300));
      return isStill;
    });
    expect(passedBytes).toBeLessThan(20 * 1024 * 1024);
    expect(written).toBeLessThan(32);
    if (peer === undefined) throw new Error('nobody accepted');
    const came = await read(peer, 64 * chunk.length);
    await writing;
    expect(came.every((byte) => byte === 1)).toBe(true);
  });

  test('lets more be on its way over a long path, within a bound, and holds no more when the reader stops', async () => {
    let passedBytes = 0;
    const { at } = await startRelay({
      meter: { relayed: (bytes) => (passedBytes += bytes) },
      bytesPerSecondPerUser: 2 ** 30,
    });
    const { path, at: farAt } = await far(at, 25);
    const accepted: Duplex[] = [];
    await listen(farAt, peerId, (stream) => accepted.push(stream));
    const caller = await connect(at, peerId);
    const peer = await until('the peer to accept', () => accepted[0]);
    // It sends as long as it may.
    const chunk = Buffer.alloc(mib, 1);
    const sendOn = (): void => {
      while (peer.write(chunk));
    };
    peer.on('drain', sendOn);
    sendOn();
    // Each time it is read until some MiB have come, and then no more: what the relay has let in, and not passed on, is its window.
    const heldBytes = async (): Promise<number> => {
      let before = -1;
      await until('nothing more to come', async () => {
        const isStill = before === path.toServerBytes;
        before = path.toServerBytes;
        await new Promise((resolve) => setTimeout(resolve, 300));
        return isStill;
      });
      return path.toServerBytes - passedBytes;
    };
    caller.on('data', () => undefined);
    let largest = 0;
    await until('a window of more than 512 KiB', async () => {
      const end = passedBytes + 4 * mib;
      caller.resume();
      await until('some of it to come', () => passedBytes >= end);
      caller.pause();
      largest = Math.max(largest, await heldBytes());
      return largest > mib / 2;
    });
    // The largest window, what frames and messages have around the bytes, and one message.
    expect(largest).toBeLessThan(4.5 * mib);
  });

  test('widens the window of a connection only where one call is all that was ever on it, and lets no other on it then', async () => {
    let passedBytes = 0;
    const { at } = await startRelay({ meter: { relayed: (bytes) => (passedBytes += bytes) } });
    await listen(at, peerId, (stream) => stream.resume());
    const { at: farAt } = await far(at, 25);
    const first = frameMessage(ConnectRequest.encode({ peerId, data: new Uint8Array() }).finish());
    const next = frameMessage(ConnectRequest.encode({ peerId: '', data: Buffer.alloc(16_384, 1) }).finish());
    const openSession = (): ClientHttp2Session => connectHttp2(`http://127.0.0.1:${farAt.port}`);
    const request = (session: ClientHttp2Session, method: string): ClientHttp2Stream => {
      const path = `/cardume.relay.v1.RelayService/${method}`;
      const headers = { ':method': 'POST', ':path': path, 'content-type': 'application/grpc', te: 'trailers' };
      return session
        .request(headers, { endStream: false })
        .on('error', () => undefined)
        .resume();
    };
    /** Sends as long as it may. */
    const sendOn = async (session: ClientHttp2Session): Promise<ClientHttp2Stream> => {
      const tunnel = request(session, 'Connect');
      tunnel.write(first);
      await once(tunnel, 'data');
      const send = (): void => {
        while (!tunnel.destroyed && tunnel.write(next));
      };
      tunnel.on('drain', send);
      send();
      return tunnel;
    };
    const [shared, alone] = [openSession(), openSession()];
    try {
      const listing = request(shared, 'ListRelays').end(frameMessage(new Uint8Array()));
      await once(listing, 'close');
      const onShared = await sendOn(shared);
      await until('some of it to pass', () => passedBytes > mib);
      expect(shared.remoteSettings).toMatchObject({ initialWindowSize: 65_535, maxConcurrentStreams: 1_000 });
      onShared.close();
      const tunnel = await sendOn(alone);
      await until('its window to grow', () => (alone.remoteSettings.initialWindowSize ?? 0) > 65_535);
      expect(alone.remoteSettings.maxConcurrentStreams).toBe(1);
      let isAnswered = false;
      const other = request(alone, 'ListRelays').on('response', () => {
        isAnswered = true;
      });
      const otherClosed = new Promise((resolve) => other.once('close', resolve));
      other.end(frameMessage(new Uint8Array()));
      tunnel.close();
      await otherClosed;
      expect(isAnswered).toBe(false);
    } finally {
      for (const session of [shared, alone]) session.destroy();
    }
  });

  test('refuses what is no first message, bytes before the connection stands, and messages that are too long', async () => {
    const { at } = await startRelay();
    await listen(at, peerId, echo);
    const channel = openChannel(at, 'relay');
    const service = channel.client(RelayServiceDefinition);
    async function* sending(...messages: { peerId: string; data: Uint8Array }[]) {
      yield* messages;
      // As long as this does not end, the call does not.
      await new Promise(() => undefined);
    }
    const answersOf = async (...messages: { peerId: string; data: Uint8Array }[]): Promise<void> => {
      for await (const _ of service.connect(sending(...messages))) {
        // They are empty.
      }
    };
    const empty = new Uint8Array();
    try {
      for (const first of [
        { peerId: '', data: empty },
        { peerId: peerId.toUpperCase(), data: empty },
        { peerId, data: Buffer.of(1) },
      ]) {
        expect((await failureOf(() => answersOf(first))).reason).toBe('INVALID_FIELD');
      }
      for (const data of [empty, Buffer.alloc(262_145)]) {
        expect((await failureOf(() => answersOf({ peerId, data: empty }, { peerId: '', data }))).reason).toBe(
          'INVALID_FIELD',
        );
      }
    } finally {
      channel.close();
    }
  });

  test('ends what it carries when it stops, and says why to who connects', async () => {
    const { at, server } = await startRelay();
    await listen(at, peerId, echo);
    await listen(at, otherId, echo);
    const stream = await connect(at, peerId);
    const ended = once(stream.resume(), 'close');
    await server.stop(0);
    await ended;
    expect(['SHUTTING_DOWN', 'UNREACHABLE']).toContain((await failureOf(() => connect(at, otherId))).reason);
  });
});
