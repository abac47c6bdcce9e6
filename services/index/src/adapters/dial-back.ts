import { type Address, openPeer } from '@cardume/client';

/**
 * Asks whoever answers at an address for its peer id, as a peer that downloads would reach it.
 *
 * @param timeoutMs how long it may take
 * @throws CardumeError when nobody answers as a peer in time, or the signal fires
 */
export function createDialBack(timeoutMs: number): (address: Address, signal: AbortSignal) => Promise<string> {
  return async (address, signal) => {
    const peer = openPeer(address);
    try {
      const bounded = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
      const page = await peer.listFilesPage(1, undefined, { signal: bounded });
      return page.peerId;
    } finally {
      peer.close();
    }
  };
}
