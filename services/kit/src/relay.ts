/**
 * The relay, for whoever runs one: it carries connections to peers that nobody can dial.
 *
 * @packageDocumentation
 */
import { randomBytes } from 'node:crypto';
import type { Revoked } from '@cardume/client';
import { RelayServiceDefinition } from '@cardume/proto/relay/v1';
import { peerOf } from './adapters/network-gate.ts';
import {
  defaultRelayBytesPerSecond,
  maxListeners,
  maxListenersPerUser,
  maxTunnels,
  maxTunnelsPerUser,
  maxTunnelWindowsBytes,
  maxTunnelWindowsBytesPerUser,
} from './core/relay/relay-limits.ts';
import { noRelayMeter, type RelayMeter } from './core/relay/relay-meter.ts';
import { Switchboard } from './core/relay/switchboard.ts';
import { UserRates } from './core/relay/user-rates.ts';
import { WindowBudget } from './core/relay/window-budget.ts';
import { createCallerSlots, createSlots } from './core/slots.ts';
import type { ReachedAt } from './handlers/relay/ask-back.ts';
import { createRelayService } from './handlers/relay/relay-service.ts';
import { type ServedService, serve } from './serve.ts';

export { type CallBacks, createCallBacks, type ExpectedPeer } from './call-backs.ts';
export { defaultRelayBytesPerSecond, maxTunnels, maxTunnelsPerUser } from './core/relay/relay-limits.ts';
export type { RelayMeter } from './core/relay/relay-meter.ts';

/** How a relay relays. */
export interface RelayOptions {
  /** How many bytes pass in a second for one user, both ways together; at least 1. Default: 16 MiB. */
  bytesPerSecondPerUser?: number | undefined;
  /** How many connections it carries at once. Default: 1,000. */
  maxTunnels?: number | undefined;
  /** How many of them one user has asked for; an address where there are no users. Default: 64. */
  maxTunnelsPerUser?: number | undefined;
  /** Is told what passes. */
  meter?: RelayMeter | undefined;
}

/** A relay, as a part of a server. */
export interface Relay {
  readonly service: ServedService;
  /** How many peers listen now. */
  readonly listenerCount: number;
  /** How many connections there are now. */
  readonly tunnelCount: number;
}

/** What a relay says of its network; one that stands alone says nothing. */
export interface RelayNetwork {
  /** The other relays, `HOST:PORT`. */
  addresses: readonly string[];
  /** Whose certificates are refused. */
  revoked: () => Revoked;
  /** Where the index reached a peer, so that others may be told to connect to it; undefined: it did not, or is none. */
  reachedAt: ReachedAt | undefined;
}

const nothingKnown: RelayNetwork = {
  addresses: [],
  revoked: () => ({ users: [], peerIds: [] }),
  reachedAt: undefined,
};

/**
 * Makes the service of a relay.
 *
 * @param options undefined: it relays nothing, and only names others
 */
export function createRelay(options: RelayOptions | undefined, network: RelayNetwork = nothingKnown): Relay {
  const nowMs = (): number => performance.now();
  const switchboard = new Switchboard({ after, nowMs, randomBytes });
  const relay = options === undefined ? undefined : { switchboard, after, nowMs, ...boundsOf(options, nowMs) };
  return {
    service: serve(RelayServiceDefinition, createRelayService({ relay, ...network })),
    get listenerCount() {
      return switchboard.listenerCount;
    },
    get tunnelCount() {
      return switchboard.tunnelCount;
    },
  };
}

function boundsOf(options: RelayOptions, nowMs: () => number) {
  const { bytesPerSecondPerUser = defaultRelayBytesPerSecond, meter = noRelayMeter } = options;
  return {
    rates: new UserRates(bytesPerSecondPerUser, nowMs),
    windows: new WindowBudget({ maxBytes: maxTunnelWindowsBytes, maxBytesPerUser: maxTunnelWindowsBytesPerUser }),
    listenSlots: {
      slots: createSlots(maxListeners, 'maxListeners'),
      callerSlots: createCallerSlots(maxListenersPerUser, 'maxListenersPerUser'),
    },
    tunnelSlots: {
      slots: createSlots(options.maxTunnels ?? maxTunnels, 'maxTunnels'),
      callerSlots: createCallerSlots(options.maxTunnelsPerUser ?? maxTunnelsPerUser, 'maxTunnelsPerUser'),
    },
    identify: peerOf,
    meter,
  };
}

/** Runs a task later. What keeps the process alive is the server, and not this. */
function after(delayMs: number, task: () => void): () => void {
  const timer = setTimeout(task, delayMs).unref();
  return () => clearTimeout(timer);
}
