import { type ClientTls, openPeer, type PeerAddress } from '@cardume/client';

/**
 * Asks whoever answers at an address for its peer id, as a peer that downloads would reach it.
 *
 * @param timeoutMs how long it may take
 * @param tlsOfPeer how to connect in a network with certificates, to nobody but that peer
 * @throws CardumeError when nobody answers as a peer in time, or the signal fires
 */
export function createDialBack(
  timeoutMs: number,
  tlsOfPeer?: (peerId: string) => ClientTls,
): (address: PeerAddress, signal: AbortSignal) => Promise<string> {
  return async (address, signal) => {
    const { peerId } = address;
    const tls = peerId === undefined ? undefined : tlsOfPeer?.(peerId);
    const peer = openPeer(address, { tls });
    try {
      const bounded = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
      const page = await peer.listFilesPage(1, undefined, { signal: bounded });
      return page.peerId;
    } finally {
      peer.close();
    }
  };
}
