import type {
  FileEntry,
  Hit as HitMessage,
  Peer as PeerMessage,
  Revocation,
  WatchResponse,
} from '@cardume/proto/index/v1';
import { MatchMode as WireMatchMode } from '@cardume/proto/index/v1';
import { isHost } from '../../core/address/address.ts';
import { isDigest } from '../../core/digest/digest-text.ts';
import { maxFileSizeBytes } from '../../core/digest/piece-length.ts';
import type { IndexChange, WatchMessage } from '../../core/model/index-change.ts';
import type { Revoked } from '../../core/model/lease.ts';
import type { PeerInfo } from '../../core/model/network.ts';
import type { Hit, Holder, MatchMode } from '../../core/model/search.ts';
import type { ListedFile } from '../../core/model/shared-file.ts';
import { msFromDuration } from '../../core/time/duration.ts';

/** What an index suggests at the most; more would be a hostile one's. */
const maxSuggestions = 5;
const maxQueryBytes = 512;

export const wireMatchMode: Record<MatchMode, WireMatchMode> = {
  keywords: WireMatchMode.MATCH_MODE_KEYWORDS,
  exact: WireMatchMode.MATCH_MODE_EXACT,
  prefix: WireMatchMode.MATCH_MODE_PREFIX,
  glob: WireMatchMode.MATCH_MODE_GLOB,
  digest: WireMatchMode.MATCH_MODE_DIGEST,
};

export function fileEntryOf(file: ListedFile): FileEntry {
  const { name, sizeBytes, digest, modifyTime, partial = false, folder } = file;
  return { name, sizeBytes, digest, modifyTime, partial, folder };
}

/**
 * The hits that can be used. An index may be hostile: a hit with a digest or size that no file has is passed over, so
 * that it cannot spoil the others. Names stay as they are, since a file can be fetched under a name of one's own;
 * whoever prints or writes one checks it there.
 */
export function hitsOf(messages: readonly HitMessage[]): Hit[] {
  return messages.filter(isPossible).map((message) => ({
    name: message.name,
    sizeBytes: message.sizeBytes,
    digest: message.digest,
    modifyTime: message.modifyTime,
    holders: holdersOf(message),
    holderCount: message.holderCount,
    folder: message.folder,
  }));
}

/** Those of the suggestions that are bounded as the contract says. */
export function suggestionsOf(messages: readonly string[]): string[] {
  return messages.slice(0, maxSuggestions).filter((text) => text !== '' && Buffer.byteLength(text) <= maxQueryBytes);
}

function holdersOf(message: HitMessage): Holder[] {
  return message.holders
    .filter(({ host, port }) => isHost(host) && port > 0 && port <= 65_535)
    .map(({ peerId, host, port, renewalAge, partial, reachable, reportCount, restricted }) => ({
      peerId,
      host,
      port,
      renewalAgeMs: msFromDuration(renewalAge),
      partial,
      reachable,
      reportCount,
      restricted,
    }));
}

export function peerInfoOf(message: PeerMessage): PeerInfo {
  const { renewalAge, ...rest } = message;
  return { ...rest, renewalAgeMs: msFromDuration(renewalAge) };
}

export function watchMessageOf({ resumeToken, changeTime, change }: WatchResponse): WatchMessage {
  return { resumeToken, changeTime, change: changeOf(change) };
}

/** Undefined also for what this version does not know. */
function changeOf(change: WatchResponse['change']): IndexChange | undefined {
  switch (change?.$case) {
    case 'peerJoined':
      return { kind: 'peer-joined', ...change.value };
    case 'peerLeft':
      return { kind: 'peer-left', ...change.value };
    case 'listChanged': {
      const { peerId, added, removed } = change.value;
      return { kind: 'list-changed', peerId, added: added.filter(isPossible), removed: removed.filter(isPossible) };
    }
    default:
      return undefined;
  }
}

/** Whether there can be such a file or folder. */
function isPossible({ digest, sizeBytes, folder }: Pick<FileEntry, 'digest' | 'sizeBytes' | 'folder'>): boolean {
  const isFolder = folder === undefined || (folder.fileCount >= 0 && folder.totalSizeBytes >= 0);
  return isDigest(digest) && sizeBytes >= 0 && sizeBytes <= maxFileSizeBytes && isFolder;
}

export function revokedOf(revocations: readonly Revocation[]): Revoked {
  return {
    users: revocations.flatMap(({ of }) => (of?.$case === 'user' ? [of.value] : [])),
    peerIds: revocations.flatMap(({ of }) => (of?.$case === 'peerId' ? [of.value] : [])),
  };
}
