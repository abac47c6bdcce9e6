import type { Duplex } from 'node:stream';
import { CardumeError, type IndexClient } from '@cardume/client';
import type { ServedService } from '@cardume/service-kit';
import { createCallBacks } from '@cardume/service-kit/relay';
import { after } from './adapters/system-clock.ts';

/** Has peers that nobody can dial connect to this one. */
export interface PeerCallBacks {
  /** What they call for it; none without certificates. */
  readonly services: readonly ServedService[];
  /** Has one connect, as `RunningPeer.callBack` says. */
  callBack(peerId: string): Promise<Duplex>;
  /** Says whether the index reached this peer: only then it has others connect to it. At first it did not. */
  setReachable(isReachable: boolean): void;
}

/** @param isCertified whether peers have certificates, without which nobody knows which of them connects */
export function createPeerCallBacks(client: IndexClient, isCertified: boolean): PeerCallBacks {
  const callBacks = isCertified ? createCallBacks(after) : undefined;
  let isReachable = false;
  return {
    services: callBacks === undefined ? [] : [callBacks.service],
    async callBack(peerId) {
      if (callBacks === undefined || !isReachable) {
        throw new CardumeError(
          'NOT_ALLOWED',
          'the index did not reach this peer, so that no other is told to connect to it',
        );
      }
      const { tunnelId, connected, cancel } = callBacks.expect(peerId);
      connected.catch(() => undefined);
      try {
        await client.askBack({ peerId, tunnelId });
        return await connected;
      } catch (error) {
        cancel();
        throw error;
      }
    },
    setReachable(reachable) {
      isReachable = reachable;
    },
  };
}
