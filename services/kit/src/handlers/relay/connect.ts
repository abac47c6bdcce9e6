import type { ConnectRequest, ConnectResponse } from '@cardume/proto/relay/v1';
import { takeSlotOf } from '../../core/slots.ts';
import type { BothStreamsHandler } from '../both-streams.ts';
import { checkFirstData, checkPeerId } from './check-relay-message.ts';
import { firstMessage } from './first-message.ts';
import { keepWindow } from './keep-window.ts';
import { pumpData } from './pump-data.ts';
import { type RelayComponents, userOf } from './relay-components.ts';

/** Makes the handler of Connect. It ends with its tunnel, and the tunnel with it. */
export function createConnect(components: RelayComponents): BothStreamsHandler<ConnectRequest, ConnectResponse> {
  const { switchboard, rates, windows, tunnelSlots, identify, after, meter, nowMs } = components;
  return async function connect(requests, { signal, callerAddress, caller, receiveWindow, send, note }) {
    const user = userOf(identify(caller), callerAddress);
    const giveBack = takeSlotOf(tunnelSlots, user);
    const rate = rates.open(user);
    try {
      const { first, rest } = await firstMessage(requests, after);
      checkFirstData(first.data);
      const bounds = { take: rate.take, windows: windows.open(user) };
      const tunnel = switchboard.connect(checkPeerId(first.peerId), (data) => send({ data }), bounds);
      const end = (): void => tunnel.end();
      signal.addEventListener('abort', end);
      try {
        const peer = await tunnel.accepted;
        const window = keepWindow(receiveWindow, tunnel.windows, nowMs);
        await pumpData(rest, peer, { tunnel, after, meter, window });
      } finally {
        signal.removeEventListener('abort', end);
        tunnel.end();
        note({ peerId: tunnel.peerId, bytes: tunnel.bytes });
      }
    } finally {
      rate.close();
      giveBack();
    }
  };
}
