import type { Duplex } from 'node:stream';
import type { IndexClient } from './adapters/index/open-index.ts';
import { openPeer, type PeerAddress } from './adapters/peer/open-peer.ts';
import type { Paths } from './adapters/peer/peer-pool.ts';
import type { HolderPaths } from './adapters/relay/holder-paths.ts';
import type { Address } from './core/address/address.ts';
import type { ClientTls, TlsOfPeer } from './core/model/client-tls.ts';
import { type RelayTls, relaysOf } from './core/relay/relays-of.ts';

/** For how long a peer may take to answer when it is looked whether it can be dialled, in milliseconds. */
const directTimeoutMs = 2_000;

/** What paths to peers are found with. */
export interface PathsInit {
  index: Pick<IndexClient, 'relays'>;
  /** Where the index is reached. */
  addresses: readonly Address[];
  /** Undefined: in plaintext. */
  network: RelayTls | undefined;
  tls: ClientTls | TlsOfPeer | undefined;
  /** Has a peer connect to this machine. Default: none does. */
  callBack: ((peerId: string) => Promise<Duplex>) | undefined;
}

/** Paths that are to be closed. */
export interface OpenPaths extends Paths {
  close(): void;
}

/** Finds ways to peers that the index could not dial. Nothing of it is loaded as long as there is no such peer. */
export function openPathsWhenUsed(init: PathsInit): OpenPaths {
  let paths: HolderPaths | undefined;
  let isClosed = false;
  const open = async (): Promise<HolderPaths | undefined> => {
    const { HolderPaths } = await import('./adapters/relay/holder-paths.ts');
    if (isClosed) return undefined;
    paths ??= new HolderPaths({
      relays: async () => relaysOf(await init.index.relays(), init.addresses, init.network),
      answersDirectly: (address) => answersDirectly(address, init.tls),
      callBack: init.callBack,
      random: Math.random,
      nowMs: () => performance.now(),
    });
    return paths;
  };
  return {
    pathTo(address) {
      if (address.reachable !== false || address.peerId === undefined) return address;
      return open().then((opened) => opened?.pathTo(address) ?? address);
    },
    improvementOf: (address) => paths?.improvementOf(address),
    kindOf: (address) => paths?.kindOf(address),
    close() {
      isClosed = true;
      paths?.close();
    },
  };
}

/** Whether that very peer answers: at an address of a private network there may be another one, here. */
async function answersDirectly(address: PeerAddress, tls: ClientTls | TlsOfPeer | undefined): Promise<boolean> {
  const { peerId } = address;
  const peer = openPeer(address, { tls: typeof tls === 'function' ? tls(peerId) : tls });
  try {
    return (await peer.id({ signal: AbortSignal.timeout(directTimeoutMs) })) === peerId;
  } finally {
    peer.close();
  }
}
