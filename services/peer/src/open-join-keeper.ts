import type { Address } from '@cardume/client';
import { nowMs } from './adapters/system-clock.ts';
import { JoinKeeper, type JoinKeeperInit } from './keep-joined.ts';
import { advertisedAddress, type PeerSettings } from './peer-options.ts';

/** What is listed, where it is served, and who is told of what the index says. */
export interface OpenJoinKeeperInit
  extends Pick<
    JoinKeeperInit,
    'client' | 'identity' | 'files' | 'shareName' | 'metrics' | 'onRevoked' | 'onReachable' | 'logger'
  > {
  /** Where the peer listens. */
  listening: Address;
}

/** Makes what keeps a peer joined as its settings say. @throws CardumeError INVALID_FIELD for an address that nobody can dial */
export function openJoinKeeper(
  { advertise, allowedUsers, tags, inbox, onEvent }: PeerSettings,
  { listening, ...init }: OpenJoinKeeperInit,
  owned: AsyncDisposableStack,
): JoinKeeper {
  const { host, port } = advertisedAddress(advertise, listening);
  const takesOffers = (inbox?.otherwise ?? 'refuse') !== 'refuse';
  return owned.adopt(
    new JoinKeeper({ ...init, host, port, allowedUsers, tags, takesOffers, nowMs, random: Math.random, onEvent }),
    (keeper) => keeper.leave(),
  );
}
