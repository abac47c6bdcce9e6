import type { AcceptRequest, AcceptResponse } from '@cardume/proto/relay/v1';
import type { BothStreamsHandler } from '../both-streams.ts';
import { checkFirstData, checkTunnelId } from './check-relay-message.ts';
import { firstMessage } from './first-message.ts';
import { keepWindow } from './keep-window.ts';
import { pumpData } from './pump-data.ts';
import type { RelayComponents } from './relay-components.ts';

const empty = new Uint8Array();

/** Makes the handler of Accept. What passes counts towards who asked for the connection, and not towards the peer. */
export function createAccept(
  components: Pick<RelayComponents, 'switchboard' | 'identify' | 'after' | 'nowMs' | 'meter'>,
): BothStreamsHandler<AcceptRequest, AcceptResponse> {
  const { switchboard, identify, after, nowMs, meter } = components;
  return async function accept(requests, { signal, caller, receiveWindow, send }) {
    const { first, rest } = await firstMessage(requests, after);
    checkFirstData(first.data);
    const tunnel = switchboard.take(checkTunnelId(first.tunnelId), identify(caller)?.peerId);
    const end = (): void => tunnel.end();
    signal.addEventListener('abort', end);
    try {
      await send({ data: empty });
      await tunnel.caller(empty);
      tunnel.accept((data) => send({ data }));
      const window = keepWindow(receiveWindow, tunnel.windows, nowMs);
      await pumpData(rest, tunnel.caller, { tunnel, after, meter, window });
    } finally {
      signal.removeEventListener('abort', end);
      tunnel.end();
    }
  };
}
