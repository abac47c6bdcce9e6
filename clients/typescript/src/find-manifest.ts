import type { PeerClient } from './adapters/peer/open-peer.ts';
import { formatAddress } from './core/address/address.ts';
import type { Manifest } from './core/digest/manifest.ts';
import { usualPieceLength } from './core/digest/piece-length.ts';
import type { HolderToTry } from './core/download/order-holders.ts';
import { HolderRounds, type HolderRoundsInit } from './holder-rounds.ts';

/** What a manifest is looked for with. */
export interface ManifestRoundsInit extends Omit<HolderRoundsInit<Manifest>, 'holders'> {
  digest: string;
  sizeBytes: number;
  /** Those that are known of now, best first; called before each round. */
  holders: () => Promise<readonly HolderToTry[]>;
}

/** Looks for a file's manifest, by whose key a holder is its address. */
export function manifestRounds(init: ManifestRoundsInit): HolderRounds<Manifest> {
  const { digest, sizeBytes, peers, holders, holderWaitMs, onWaiting, signal } = init;
  const ask = (peer: PeerClient): Promise<Manifest> =>
    peer.manifest(digest, sizeBytes, usualPieceLength(sizeBytes), { signal });
  return new HolderRounds({
    ...{ peers, holderWaitMs, onWaiting, signal },
    holders: async () => (await holders()).map((holder) => ({ holder, key: formatAddress(holder), ask })),
  });
}
