import { formatAddress } from '@cardume/client';
import type { PeerEvent } from '@cardume/peer';
import { plural } from '../units/plural.ts';
import { formatSize } from '../units/size.ts';
import { shortDigest } from './short-digest.ts';

/** Says in lines for people what happened at a peer; hashing is not for lines, but for a progress bar. */
export function peerEventText(event: Exclude<PeerEvent, { type: 'hashing' }>): string {
  switch (event.type) {
    case 'skipped':
      return `Not shared: ${event.path}: ${event.problem}`;
    case 'joined':
      return joinedText(event);
    case 'relayed':
      return relayedText(event.relays);
    case 'index-lost':
      return `Not listed by the index now: ${event.problem}; it is tried again until it works.`;
    case 'list-changed':
      return `The folder changed: ${plural(event.added, 'file')} added, ${event.removed} removed, ${event.fileCount} shared now.`;
    case 'served':
      return `Sent ${formatSize(event.bytes)} of ${event.name} to ${event.callerAddress}.`;
    case 'receiving':
      return `Receiving ${event.name}, ${formatSize(event.totalBytes)}, from ${event.from}.`;
    case 'received':
      return `Received ${event.name}, ${formatSize(event.totalBytes)}, verified, from ${event.from}.`;
    case 'not-received':
      return `Did not get ${event.name} from ${event.from}: ${event.problem}`;
  }
}

function joinedText({ peerId, address, reachable, fileCount }: Extract<PeerEvent, { type: 'joined' }>): string {
  const joined = `Joined the index as ${shortDigest(peerId)} at ${formatAddress(address)} with ${plural(fileCount, 'file')}.`;
  if (reachable) return joined;
  return `${joined}\nThe index cannot dial that address, so others may not reach it either; --advertise names another.`;
}

function relayedText(relays: readonly string[]): string {
  return relays.length === 0
    ? 'No relay is reached now: others cannot reach this peer until one is.'
    : `Others reach this peer through ${relays.length === 1 ? 'the relay' : 'the relays'} ${relays.join(', ')}.`;
}
