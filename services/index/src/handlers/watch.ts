import { frameMessage } from '@cardume/client';
import { type FileEntry, type WatchRequest, WatchResponse } from '@cardume/proto/index/v1';
import { peerOf, type RawStreamHandler, type SharedSlots, takeSlot } from '@cardume/service-kit';
import type { ListEntry } from '../core/catalog.ts';
import type { Change, RemovedEntry } from '../core/changes/change.ts';
import { type WatchComponents, type WatchNews, watchChanges } from '../core/changes/watch-changes.ts';
import { writeWatchToken } from '../core/changes/watch-token.ts';

/** Makes the handler of Watch. As long as a caller has not taken a message, no other is made for it. */
export function createWatch(components: WatchComponents & SharedSlots): RawStreamHandler<WatchRequest> {
  return async function watch(request, { signal, callerAddress, caller, send }) {
    const giveBack = takeSlot(components, callerAddress);
    const terms = { ...request, user: peerOf(caller)?.user };
    try {
      for await (const news of watchChanges(components, terms, signal)) {
        await send(frameMessage(WatchResponse.encode(messageOf(news)).finish()));
      }
    } finally {
      giveBack();
    }
  };
}

function messageOf({ end, change }: WatchNews): WatchResponse {
  return {
    resumeToken: writeWatchToken(end),
    changeTime: change === undefined ? undefined : new Date(change.changeMs),
    change: change === undefined ? undefined : payloadOf(change),
  };
}

function payloadOf({ peerId, event }: Change): WatchResponse['change'] {
  switch (event.kind) {
    case 'joined': {
      const { host, port, shareName, listKept } = event;
      return { $case: 'peerJoined', value: { peerId, host, port, shareName, listKept } };
    }
    case 'left':
      return { $case: 'peerLeft', value: { peerId, expired: event.expired } };
    case 'listed': {
      const added = event.added.map(entryOf);
      return { $case: 'listChanged', value: { peerId, added, removed: event.removed.map(entryOf) } };
    }
  }
}

function entryOf(entry: RemovedEntry & Partial<ListEntry>): FileEntry {
  const { name, sizeBytes, digest, modifyMs, partial = false, folder } = entry;
  return {
    name,
    sizeBytes,
    digest,
    modifyTime: modifyMs === undefined ? undefined : new Date(modifyMs),
    partial,
    folder,
  };
}
