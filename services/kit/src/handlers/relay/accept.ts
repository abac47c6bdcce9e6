import type { AcceptRequest, AcceptResponse } from '@cardume/proto/relay/v1';
import type { BothStreamsHandler } from '../both-streams.ts';
import { checkFirstData, checkTunnelId } from './check-relay-message.ts';
import { firstMessage } from './first-message.ts';
import { pumpData } from './pump-data.ts';
import type { RelayComponents } from './relay-components.ts';

const empty = new Uint8Array();

/** Makes the handler of Accept. What passes counts towards who asked for the connection, and not towards the peer. */
export function createAccept(
  components: Pick<RelayComponents, 'switchboard' | 'identify' | 'after' | 'meter'>,
): BothStreamsHandler<AcceptRequest, AcceptResponse> {
  const { switchboard, identify, after, meter } = components;
  return async function accept(requests, { signal, caller, send }) {
    const { first, rest } = await firstMessage(requests, after);
    checkFirstData(first.data);
    const tunnel = switchboard.take(checkTunnelId(first.tunnelId), identify(caller)?.peerId);
    const end = (): void => tunnel.end();
    signal.addEventListener('abort', end);
    try {
      await send({ data: empty });
      await tunnel.caller(empty);
      tunnel.accept((data) => send({ data }));
      await pumpData(rest, tunnel.caller, { tunnel, after, meter });
    } finally {
      signal.removeEventListener('abort', end);
      tunnel.end();
    }
  };
}
