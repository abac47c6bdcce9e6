import { formatAddress } from './core/address/address.ts';
import type { Manifest } from './core/digest/manifest.ts';
import type { HolderToTry } from './core/download/order-holders.ts';
import type { SwarmHolder } from './core/download/swarm-holder.ts';
import type { DownloadProgress, DownloadSource, SourceProgress } from './core/model/download.ts';
import type { HolderRounds } from './holder-rounds.ts';

/**
 * What a download says of everybody who was asked for anything.
 *
 * @param asked who was asked for pieces
 * @param manifests the search for the manifest, if there was one
 */
export function sourcesOf(
  asked: readonly SwarmHolder[],
  manifests: HolderRounds<Manifest> | undefined,
): DownloadSource[] {
  const sourceOf = ({ peerId, host, port }: HolderToTry, verifiedBytes: number, failure: string | undefined) => {
    return { peerId, address: { host, port }, verifiedBytes, failure };
  };
  const gaveNoManifest = [...(manifests?.failures.values() ?? [])].filter(
    ({ holder }) => !asked.some(({ key }) => key === formatAddress(holder)),
  );
  return [
    ...gaveNoManifest.map(({ holder, message }) => sourceOf(holder, 0, message)),
    ...asked.map(({ holder, verifiedBytes, failure, path }) => ({
      ...sourceOf(holder, verifiedBytes, failure?.message),
      ...(path === undefined ? {} : { path }),
    })),
  ];
}

/** What its progress says of them: each one, and who brings the most. */
export function sourcesNow(asked: readonly SwarmHolder[]): Pick<DownloadProgress, 'sources' | 'holder'> {
  const sources = asked.map((entry): SourceProgress => {
    const { peerId, host, port, partial } = entry.holder;
    const {
      bytesPerSecond,
      verifiedBytes,
      receivedBytes,
      state,
      roundTripMs,
      isStalled,
      wrongCount,
      failure,
      queuePosition,
    } = entry;
    return {
      peerId,
      address: { host, port },
      partial,
      bytesPerSecond,
      verifiedBytes,
      receivedBytes,
      state,
      queuePosition,
      path: entry.path ?? 'direct',
      roundTripMs,
      stalls: entry.earlierStalls + entry.stalls,
      isStalled,
      wrongCount,
      failure: failure === undefined ? undefined : { reason: failure.reason, message: failure.message },
    };
  });
  const [fastest] = sources.toSorted((a, b) => (b.bytesPerSecond ?? 0) - (a.bytesPerSecond ?? 0));
  return { sources, holder: fastest?.state === 'asked' ? fastest.address : undefined };
}
