import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { formatAddress } from '../../core/address/address.ts';
import type { RelayAddress } from '../../core/model/relay.ts';
import { orderRelays } from '../../core/relay/order-relays.ts';
import type { PathKind } from '../../core/relay/path-kind.ts';
import {
  directRetryMs,
  headStartMs,
  listeningRetryMs,
  listeningTries,
  noPathMs,
  relaysFreshMs,
  tunnelTimeoutMs,
} from '../../core/relay/path-times.ts';
import { CardumeError } from '../../errors/cardume-error.ts';
import { cardumeErrorFrom } from '../../errors/from-unknown.ts';
import type { PeerAddress } from '../peer/open-peer.ts';
import { BridgedPath } from './bridged-path.ts';
import { connectThrough } from './open-tunnel.ts';

/** What paths are found with. */
export interface HolderPathsInit {
  /** The relays of the network. It may reject: there are none then. */
  relays: () => Promise<readonly RelayAddress[]>;
  /** Whether that very peer answers at its address. It takes a few seconds at the most. */
  answersDirectly: (address: PeerAddress) => Promise<boolean>;
  /** Has a peer connect to this machine; rejects where that cannot be. Default: it cannot. */
  callBack?: ((peerId: string) => Promise<Duplex>) | undefined;
  /** From 0 to 1. */
  random: () => number;
  nowMs: () => number;
}

/** What is known of a peer that the index could not dial. */
interface KnownPeer {
  /** Undefined: it is dialled, or there is no path. */
  path: BridgedPath | undefined;
  /** Until when this is not looked into again; a path is good as long as there is no better one. */
  freshUntilMs: number;
}

/**
 * Finds paths to peers that the index could not dial: directly, since this machine may be nearer; by a connection that the peer
 * makes; through a relay. What does not go directly does so as soon as that works, which is tried now and then.
 */
export class HolderPaths {
  readonly #init: HolderPathsInit;
  readonly #peers = new Map<string, Promise<KnownPeer>>();
  /** By the local sockets that lead there. */
  readonly #paths = new Map<string, BridgedPath>();
  readonly #closed = new AbortController();
  #relays: { list: Promise<readonly RelayAddress[]>; freshUntilMs: number } | undefined;

  constructor(init: HolderPathsInit) {
    this.#init = init;
  }

  /** How to connect to a peer: its own address, or with the local socket that leads there. It never rejects. */
  async pathTo(address: PeerAddress): Promise<PeerAddress> {
    const { peerId } = address;
    if (address.reachable !== false || peerId === undefined || this.#closed.signal.aborted) return address;
    const key = `${formatAddress(address)} ${peerId}`;
    let known = await this.#peers.get(key);
    if (known === undefined || this.#init.nowMs() >= known.freshUntilMs) {
      const finding = this.#find(key, address, peerId);
      this.#peers.set(key, finding);
      known = await finding;
    }
    return known.path === undefined ? address : { ...address, socketPath: known.path.socketPath };
  }

  /** Fires when there is a better path than one that `pathTo` gave; undefined: there is none that could be better. */
  improvementOf({ socketPath = '' }: PeerAddress): AbortSignal | undefined {
    return this.#paths.get(socketPath)?.improved;
  }

  /** What kind of path an address that `pathTo` gave is; undefined: it is dialled. */
  kindOf({ socketPath = '' }: PeerAddress): PathKind | undefined {
    return this.#paths.get(socketPath)?.kind;
  }

  /** Cuts what goes by them. */
  close(): void {
    this.#closed.abort();
    for (const path of this.#paths.values()) path.close();
    this.#paths.clear();
    this.#peers.clear();
  }

  async #find(key: string, address: PeerAddress, peerId: string): Promise<KnownPeer> {
    const direct = this.#init.answersDirectly(address).catch(() => false);
    // What can be dialled usually answers at once; a firewall that drops everything says nothing for ever.
    if (await Promise.race([direct, sleep(headStartMs, false)])) return this.#dialled();
    const path = (await this.#callBackPath(peerId)) ?? (await this.#relayedPath(peerId, direct));
    return path === undefined ? this.#dialled() : this.#begin(path, key, address, direct);
  }

  #dialled(): KnownPeer {
    return { path: undefined, freshUntilMs: this.#init.nowMs() + noPathMs };
  }

  #begin(path: BridgedPath, key: string, address: PeerAddress, direct: Promise<boolean>): KnownPeer {
    this.#paths.set(path.socketPath, path);
    if (this.#closed.signal.aborted) path.close();
    else void this.#improve(path, key, address, direct);
    return { path, freshUntilMs: Number.POSITIVE_INFINITY };
  }

  /** Looks every now and then for a better path. @param direct whether the peer can be dialled, which is being tried */
  async #improve(path: BridgedPath, key: string, address: PeerAddress, direct: Promise<boolean>): Promise<void> {
    const { answersDirectly, random } = this.#init;
    const { peerId = '' } = address;
    const { signal } = this.#closed;
    let better: KnownPeer | undefined = (await direct) ? this.#dialled() : undefined;
    for (let tries = 0; better === undefined; tries++) {
      await sleep(directRetryMs(tries, random()), undefined, { signal, ref: false }).catch(() => undefined);
      if (signal.aborted) return;
      const answers = answersDirectly(address).catch(() => false);
      if (await answers) better = this.#dialled();
      else if (path.kind === 'relayed') {
        const called = await this.#callBackPath(peerId);
        if (called !== undefined) better = this.#begin(called, key, address, answers);
      }
    }
    this.#peers.set(key, Promise.resolve(better));
    this.#paths.delete(path.socketPath);
    path.improve();
  }

  async #callBackPath(peerId: string): Promise<BridgedPath | undefined> {
    const { callBack } = this.#init;
    if (callBack === undefined) return undefined;
    try {
      // Where that does not work any more, there are relays.
      const again = (): Promise<Duplex> => callBack(peerId).catch(() => this.#openTunnel(peerId));
      return await BridgedPath.open('reverse', await callBack(peerId), again);
    } catch {
      return undefined;
    }
  }

  /**
   * A peer that has just come behind a firewall is listed before it listens, so that it is asked for again, unless it can be dialled
   * after all.
   */
  async #relayedPath(peerId: string, direct: Promise<boolean>): Promise<BridgedPath | undefined> {
    const { signal } = this.#closed;
    for (let tries = 1; ; tries++) {
      try {
        return await BridgedPath.open('relayed', await this.#openTunnel(peerId), () => this.#openTunnel(peerId));
      } catch (error) {
        if ((await direct) || cardumeErrorFrom(error).reason !== 'PEER_NOT_LISTENING') return undefined;
        if (tries === listeningTries || signal.aborted) return undefined;
        if (tries > 1) await sleep(listeningRetryMs, undefined, { signal, ref: false }).catch(() => undefined);
      }
    }
  }

  /** Opens a tunnel at the first relay where the peer listens. @throws CardumeError of the last one that was tried */
  async #openTunnel(peerId: string): Promise<Duplex> {
    let failure: unknown = new Error('there is no relay');
    for (const relay of orderRelays(peerId, await this.#knownRelays())) {
      const { stream, opened } = connectThrough(relay, peerId);
      const silent = new CardumeError(
        'TIMED_OUT',
        `relay ${relay.target} said nothing for ${tunnelTimeoutMs / 1_000} s`,
      );
      const timer = setTimeout(() => stream.destroy(silent), tunnelTimeoutMs);
      try {
        await opened;
        return stream;
      } catch (error) {
        failure = error;
      } finally {
        clearTimeout(timer);
      }
    }
    throw failure;
  }

  async #knownRelays(): Promise<readonly RelayAddress[]> {
    const { relays, nowMs } = this.#init;
    const before = this.#relays;
    if (before !== undefined && nowMs() < before.freshUntilMs) return before.list;
    // An index that is away is no reason to forget them: it may be the relay that stopped.
    const list = relays().catch((error: unknown) => before?.list ?? Promise.reject(error));
    this.#relays = { list, freshUntilMs: nowMs() + relaysFreshMs };
    list.catch(() => {
      this.#relays = undefined;
    });
    return list;
  }
}
