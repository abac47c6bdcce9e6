import type { Duplex } from 'node:stream';
import { cardumeErrorFrom, printable } from '@cardume/client';
import type { ListenNews, RelayAddress } from '@cardume/client/relay';
import type { Network } from '@cardume/client/trust';
import { connectionBurstMs, connectionsPerSecond, type Logger, TokenBuckets } from '@cardume/service-kit';
import { backoffMs } from './core/backoff.ts';
import { maxRelayedConnections, relaysRefreshMs, relaysRetryMs } from './core/limits.ts';
import type { PeerEvent } from './core/peer-event.ts';
import { pause } from './pause.ts';

/** For how many relays it is remembered how many connections they brought; more than it listens at. */
const maxRatedRelays = 64;

/** What a peer listens at relays with. */
export interface RelayListenerInit {
  peerId: string;
  /** The relays of the network, as of now. */
  relays: () => Promise<readonly RelayAddress[]>;
  /** Undefined: there are no certificates, and no peer is connected to because it was asked for. */
  network: Pick<Network, 'tlsOfPeer'> | undefined;
  /** Serves a connection that came through one. */
  inject: (connection: Duplex) => void;
  /** How many connections a second each relay may bring over time; `false`: any number. Default: as many as one place. */
  connectionsPerSecond: number | false | undefined;
  /** A clock in milliseconds. */
  nowMs: () => number;
  /** A random number from 0 to 1. */
  random: () => number;
  logger: Logger;
  onEvent: (event: PeerEvent) => void;
}

/** Listens at relays for as long as the peer cannot be dialled, so that others reach it all the same. */
export class RelayListener {
  readonly #init: RelayListenerInit;
  readonly #closed = new AbortController();
  /** Those that it listens at, by `HOST:PORT`. */
  readonly #listening = new Set<string>();
  readonly #connections = new Set<Duplex>();
  readonly #rate: TokenBuckets | undefined;
  #running: { end: AbortController; ended: Promise<void> } | undefined;
  #restart = new AbortController();

  constructor(init: RelayListenerInit) {
    this.#init = init;
    const { connectionsPerSecond: perSecond = connectionsPerSecond, nowMs } = init;
    if (perSecond === false) return;
    const size = (perSecond * connectionBurstMs) / 1_000;
    this.#rate = new TokenBuckets({ size, windowMs: connectionBurstMs, maxKeys: maxRatedRelays, nowMs });
  }

  /** Begins, or listens anew, since what it listened by may lead nowhere by now; or ends. Connections that are open go on. */
  setNeeded(isNeeded: boolean): void {
    if (!isNeeded) this.#running?.end.abort();
    if (!isNeeded) this.#running = undefined;
    if (this.#running !== undefined) this.renew();
    if (!isNeeded || this.#running !== undefined || this.#closed.signal.aborted) return;
    const end = new AbortController();
    this.#running = { end, ended: this.#run(AbortSignal.any([end.signal, this.#closed.signal])) };
  }

  /** Listens anew, as with another certificate. */
  renew(): void {
    this.#restart.abort();
    this.#restart = new AbortController();
  }

  /** Ends, for good: connections that are open are the server's to end. */
  async close(): Promise<void> {
    this.#closed.abort();
    await this.#running?.ended;
  }

  /** Listens at all relays that are this peer's, and looks now and then whether these are others. */
  async #run(signal: AbortSignal): Promise<void> {
    const tasks = new Map<string, Promise<void>>();
    const { orderRelays, relaysPerPeer } = await import('@cardume/client/relay');
    const { peerId, relays, logger } = this.#init;
    for (let isFirst = true; !signal.aborted; isFirst = false) {
      try {
        const own = orderRelays(peerId, await relays()).slice(0, relaysPerPeer);
        if (isFirst && own.length === 0)
          logger.warn({}, 'the network has no relay, by which others could reach this peer');
        for (const { target } of own.filter(({ target }) => !tasks.has(target))) {
          tasks.set(
            target,
            this.#keepListening(target, signal).finally(() => tasks.delete(target)),
          );
        }
        await pause(relaysRefreshMs, signal);
      } catch (error) {
        logger.debug({ problem: cardumeErrorFrom(error).message }, 'the relays are not known');
        await pause(relaysRetryMs, signal);
      }
    }
    await Promise.all(tasks.values());
  }

  /** Listens at one relay, again and again, as long as it is among those that this peer is to listen at. */
  async #keepListening(target: string, signal: AbortSignal): Promise<void> {
    const { orderRelays, relaysPerPeer } = await import('@cardume/client/relay');
    const { peerId, relays, random, logger } = this.#init;
    for (let failures = 0; !signal.aborted; ) {
      const restart = this.#restart.signal;
      try {
        // Anew each time: it has the certificate of that moment.
        const own = orderRelays(peerId, await relays()).slice(0, relaysPerPeer);
        const relay = own.find((listed) => listed.target === target);
        if (relay === undefined) return;
        await this.#listen(relay, AbortSignal.any([signal, restart]), () => {
          failures = 0;
        });
      } catch (error) {
        if (restart.aborted && !signal.aborted) continue;
        const problem = printable(cardumeErrorFrom(error).message);
        if (!signal.aborted) logger.debug({ relay: target, problem }, 'not listening at the relay');
      }
      if (this.#listening.delete(target)) this.#tell();
      failures += 1;
      await pause(backoffMs(failures, random()), AbortSignal.any([signal, this.#restart.signal]));
    }
    this.#listening.delete(target);
  }

  async #listen(relay: RelayAddress, signal: AbortSignal, onAnswer: () => void): Promise<void> {
    const { listenAt } = await import('@cardume/client/relay');
    const { target } = relay;
    for await (const news of listenAt(relay, this.#init.peerId, signal)) {
      onAnswer();
      if (!this.#listening.has(target)) {
        this.#listening.add(target);
        this.#tell();
      }
      if (news.tunnelId.length > 0) await this.#accept(relay, news);
    }
  }

  async #accept(relay: RelayAddress, { tunnelId, caller }: ListenNews): Promise<void> {
    // A relay may be hostile; whoever wants the peer is told in time that it did not accept.
    if (this.#connections.size >= maxRelayedConnections || this.#rate?.take(relay.target) === false) return;
    const { acceptFrom, peerAsRelay } = await import('@cardume/client/relay');
    const { network } = this.#init;
    // A relay that stands alone is no more than a peer, and is not to have others dial whom it likes.
    const isToldByIndex = relay.tls?.expects?.kind === 'index';
    const mayBeElsewhere = caller !== undefined && network !== undefined && isToldByIndex;
    const elsewhere = mayBeElsewhere ? peerAsRelay(caller, network) : undefined;
    if (caller !== undefined && elsewhere === undefined) return;
    const { stream } = acceptFrom(elsewhere ?? relay, tunnelId);
    this.#connections.add(stream);
    stream.once('close', () => this.#connections.delete(stream));
    this.#init.inject(stream);
  }

  #tell(): void {
    const relays = [...this.#listening].sort();
    this.#init.logger.info({ relays }, 'others reach this peer through relays');
    this.#init.onEvent({ type: 'relayed', relays });
  }
}
