import { type Address, CardumeError } from '@cardume/client';
import type { AskBackRequest } from '@cardume/proto/relay/v1';
import type { CallContext } from 'nice-grpc';
import { callerOf } from '../intercepted-context.ts';
import { checkPeerId, checkTunnelId } from './check-relay-message.ts';
import type { RelayComponents } from './relay-components.ts';

/** Where the index reached a peer. */
export type ReachedAt = (peerId: string) => Promise<Address | undefined>;

/** Makes the handler of AskBack. Nobody is told of another address than the caller's own, which was tried. */
export function createAskBack({ switchboard, identify }: RelayComponents, reachedAt: ReachedAt) {
  return async function askBack(request: AskBackRequest, context: CallContext): Promise<Record<string, never>> {
    const peerId = checkPeerId(request.peerId);
    const tunnelId = checkTunnelId(request.tunnelId);
    const caller = identify(callerOf(context));
    const address = caller === undefined ? undefined : await reachedAt(caller.peerId);
    if (caller === undefined || address === undefined) {
      throw new CardumeError('NOT_ALLOWED', 'only a peer that the index has reached may ask others to connect to it');
    }
    switchboard.tell(peerId, tunnelId, { ...address, peerId: caller.peerId });
    return {};
  };
}
