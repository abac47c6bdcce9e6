import { randomBytes } from 'node:crypto';
import { Duplex } from 'node:stream';
import { CardumeError } from '@cardume/client';
import { RelayServiceDefinition } from '@cardume/proto/relay/v1';
import { peerOf } from './adapters/network-gate.ts';
import { maxTunnelWindowsBytes, maxTunnelWindowsBytesPerUser } from './core/relay/relay-limits.ts';
import { noRelayMeter } from './core/relay/relay-meter.ts';
import { Switchboard } from './core/relay/switchboard.ts';
import type { After, Tunnel, TunnelEnd } from './core/relay/tunnel.ts';
import { WindowBudget } from './core/relay/window-budget.ts';
import { bothStreams } from './handlers/both-streams.ts';
import { rawStream } from './handlers/raw-stream.ts';
import { createAccept } from './handlers/relay/accept.ts';
import { type ServedService, serve } from './serve.ts';

/** A peer that is to connect here. */
export interface ExpectedPeer {
  /** What it is to name. */
  tunnelId: Uint8Array;
  /** Resolves with the connection; rejects with PEER_NOT_LISTENING when it does not come within 5 s. */
  connected: Promise<Duplex>;
  /** Expects it no more. Of no effect once it is there. */
  cancel(): void;
}

/** Takes connections of peers that were asked to connect here. */
export interface CallBacks {
  /** A RelayService of which only Accept does anything. */
  readonly service: ServedService;
  /** Expects a peer, and nobody else. */
  expect(peerId: string): ExpectedPeer;
}

/** Makes what takes connections of peers that nobody can dial; the server needs a gate, which says who calls. */
export function createCallBacks(after: After): CallBacks {
  const nowMs = (): number => performance.now();
  const switchboard = new Switchboard({ after, nowMs, randomBytes });
  const accept = createAccept({ switchboard, identify: peerOf, after, nowMs, meter: noRelayMeter });
  const windows = new WindowBudget({ maxBytes: maxTunnelWindowsBytes, maxBytesPerUser: maxTunnelWindowsBytesPerUser });
  return {
    service: serve(RelayServiceDefinition, {
      listRelays: async () => ({ here: false }),
      listen: rawStream(refuse),
      connect: bothStreams(refuse),
      accept: bothStreams(accept),
      askBack: refuse,
    }),
    expect(peerId) {
      let takes: TunnelEnd = async () => undefined;
      const tunnel = switchboard.expect(peerId, (data) => takes(data), windows.open(peerId));
      const local = localEnd(tunnel);
      takes = local.takes;
      return {
        tunnelId: Buffer.from(tunnel.id, 'hex'),
        connected: tunnel.accepted.then(() => local.stream),
        cancel: () => local.stream.destroy(),
      };
    },
  };
}

async function refuse(): Promise<never> {
  throw new CardumeError('METHOD_UNKNOWN', 'this server is no relay');
}

/** The end of a tunnel that is here. */
function localEnd(tunnel: Tunnel): { stream: Duplex; takes: TunnelEnd } {
  let wantsMore = (): void => undefined;
  const stream = new Duplex({
    allowHalfOpen: false,
    read: () => wantsMore(),
    write(chunk: Buffer, _encoding, done) {
      // It may be the caller's own memory, which is its again when it is told so.
      const sent = tunnel.accepted.then((peer) => peer(Buffer.from(chunk)));
      sent.then(() => {
        tunnel.passed(chunk.length);
        done();
      }, done);
    },
    destroy(error, done) {
      tunnel.end();
      done(error);
    },
  });
  stream.on('error', () => undefined);
  tunnel.ended.addEventListener('abort', () => {
    wantsMore();
    if (!stream.destroyed) stream.push(null);
  });
  return {
    stream,
    async takes(data) {
      if (data.length === 0 || tunnel.ended.aborted || stream.push(data)) return;
      await new Promise<void>((resolve) => {
        wantsMore = resolve;
      });
    },
  };
}
