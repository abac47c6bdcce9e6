import { lookup as lookUpNames } from 'node:dns/promises';
import { isIP, type LookupFunction } from 'node:net';
import { type ClientTls, openPeer } from '@cardume/client';
import { CallerTurns } from '../core/caller-turns.ts';
import type { DialBack } from '../core/leases/reachability.ts';
import { maxNameLookUps } from '../core/limits.ts';

/**
 * Dials peers, as one that downloads would reach them.
 *
 * @param tlsOfPeer how to connect in a network with certificates, to nobody but that peer
 */
export function createDialBack(tlsOfPeer?: (peerId: string) => ClientTls): DialBack {
  // Whoever has a name that takes long to look up keeps one of Node's four threads, which files and keys need as well.
  const turns = new CallerTurns(maxNameLookUps);
  return {
    async resolve(host, signal) {
      if (isIP(host) !== 0) return [host];
      const found = await untilAborted(
        turns.run('', signal, () => lookUpNames(host, { all: true })),
        signal,
      );
      return found.map(({ address }) => address);
    },
    async askPeerId(address, addresses, signal) {
      const { peerId } = address;
      const tls = peerId === undefined ? undefined : tlsOfPeer?.(peerId);
      const peer = openPeer(address, { tls, lookup: lookUpOnly(addresses) });
      try {
        const page = await peer.listFilesPage(1, undefined, { signal });
        return page.peerId;
      } finally {
        peer.close();
      }
    },
  };
}

/** Finds those addresses for any name: a resolver that is asked twice may answer something else the second time. */
function lookUpOnly(addresses: readonly string[]): LookupFunction {
  const found = addresses.map((address) => ({ address, family: isIP(address) }));
  return (_host, { all = false }, callback) => {
    const [first] = found;
    if (all) process.nextTick(callback, null, found);
    else process.nextTick(callback, null, first?.address ?? '', first?.family ?? 0);
  };
}

/** The system's resolver cannot be called off; whoever waits for it can. */
async function untilAborted<Result>(promise: Promise<Result>, signal: AbortSignal): Promise<Result> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = (): void => reject(signal.reason);
  signal.throwIfAborted();
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
