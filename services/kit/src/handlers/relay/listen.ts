import { frameMessage } from '@cardume/client';
import { type ListenRequest, ListenResponse } from '@cardume/proto/relay/v1';
import type { ListenNews } from '../../core/relay/listener.ts';
import { listenIdleMs } from '../../core/relay/relay-limits.ts';
import { takeSlotOf } from '../../core/slots.ts';
import type { RawStreamHandler } from '../raw-stream.ts';
import { listeningPeer } from './check-relay-message.ts';
import { type RelayComponents, userOf } from './relay-components.ts';

/** Makes the handler of Listen. */
export function createListen(components: RelayComponents): RawStreamHandler<ListenRequest> {
  const { switchboard, listenSlots, identify } = components;
  return async function listen(request, { signal, callerAddress, caller, send }) {
    const identity = identify(caller);
    const peerId = listeningPeer(request.peerId, identity);
    const giveBack = takeSlotOf(listenSlots, userOf(identity, callerAddress));
    const { listener, close } = switchboard.listen(peerId);
    signal.addEventListener('abort', close);
    try {
      const first: ListenNews = { tunnelId: '' };
      for (let news: ListenNews | undefined = first; news !== undefined; news = await listener.next(listenIdleMs)) {
        const { tunnelId, caller: from } = news;
        const message = ListenResponse.encode({ tunnelId: Buffer.from(tunnelId, 'hex'), caller: from });
        await send(frameMessage(message.finish()));
      }
      signal.throwIfAborted();
    } finally {
      signal.removeEventListener('abort', close);
      close();
      giveBack();
    }
  };
}
