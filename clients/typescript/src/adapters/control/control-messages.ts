import {
  type Caller,
  Direction,
  type GetStatusResponse,
  type Load,
  Path,
  Phase,
  ProcessKind,
  type Source,
  SourceState,
  type Transfer as WireTransfer,
} from '@cardume/proto/control/v1';
import type {
  ProcessLoad,
  ProcessStatus,
  Transfer,
  TransferCaller,
  TransferPath,
  TransferSource,
} from '../../core/model/transfer.ts';
import { msFromDuration } from '../../core/time/duration.ts';
import { CardumeError } from '../../errors/cardume-error.ts';

/** The enums of the contract by our own words, both ways. */
export const wirePath = { direct: Path.PATH_DIRECT, reverse: Path.PATH_REVERSE, relayed: Path.PATH_RELAYED } as const;
export const wireState = {
  asked: SourceState.SOURCE_STATE_ASKED,
  resting: SourceState.SOURCE_STATE_RESTING,
  dropped: SourceState.SOURCE_STATE_DROPPED,
} as const;
export const wirePhase = {
  checking: Phase.PHASE_CHECKING,
  copying: Phase.PHASE_COPYING,
  transferring: Phase.PHASE_TRANSFERRING,
  waiting: Phase.PHASE_WAITING,
  finishing: Phase.PHASE_FINISHING,
  idle: Phase.PHASE_IDLE,
} as const;
export const wireDirection = {
  download: Direction.DIRECTION_DOWNLOAD,
  upload: Direction.DIRECTION_UPLOAD,
} as const;
export const wireKind = { share: ProcessKind.PROCESS_KIND_SHARE, get: ProcessKind.PROCESS_KIND_GET } as const;

/** @throws CardumeError BYTES_MISMATCH when it is none that this client knows */
export function statusOf({ kind, pid, startTime, index, share }: GetStatusResponse): ProcessStatus {
  return {
    kind: wordOf(wireKind, kind, 'kind'),
    pid,
    startTime: startTime ?? new Date(0),
    index,
    share:
      share === undefined
        ? undefined
        : {
            peerId: share.peerId,
            name: share.name,
            address: share.address,
            fileCount: share.fileCount,
            folderCount: share.folderCount,
            totalSizeBytes: share.totalSizeBytes,
            isJoined: share.joined,
            openDownloads: share.openDownloads,
            maxDownloads: share.maxDownloads,
            maxUploadBytesPerSecond: share.maxUploadBytesPerSecond || undefined,
            callerCount: share.callerCount,
          },
  };
}

/** @throws CardumeError BYTES_MISMATCH when it is none that this client knows */
export function transferOf(wire: WireTransfer): Transfer {
  const { id, name, digest, sizeBytes, doneBytes, networkBytes, resumedBytes, copiedBytes, fileCount } = wire;
  return {
    id,
    direction: wordOf(wireDirection, wire.direction, 'direction'),
    name,
    digest,
    sizeBytes,
    phase: wordOf(wirePhase, wire.phase, 'phase'),
    startTime: wire.startTime ?? new Date(0),
    doneBytes,
    networkBytes,
    resumedBytes,
    copiedBytes,
    bytesPerSecond: wire.bytesPerSecond,
    maxBytesPerSecond: wire.maxBytesPerSecond || undefined,
    folder: fileCount === 0 ? undefined : { fileCount, doneCount: wire.doneFileCount },
    sources: wire.sources.map(sourceOf),
    caller: wire.caller === undefined ? undefined : callerOf(wire.caller),
  };
}

export function loadOf({ processors, processorCount, mainThreadShare }: Load): ProcessLoad {
  return { processors, processorCount, mainThreadShare };
}

function sourceOf(wire: Source): TransferSource {
  const { peerId, address, partial, bytesPerSecond, verifiedBytes, networkBytes, wrongCount, stallCount } = wire;
  return {
    peerId,
    address,
    path: pathOf(wire.path),
    state: wordOf(wireState, wire.state, 'state'),
    partial,
    bytesPerSecond,
    verifiedBytes,
    networkBytes,
    wrongCount,
    stallCount,
    isStalled: wire.stalled,
    roundTripMs: wire.roundTripTime === undefined ? undefined : msFromDuration(wire.roundTripTime),
    failure: wire.failureReason === '' ? undefined : { reason: wire.failureReason, message: wire.failure },
  };
}

function callerOf({ address, peerId, user, path, ...figures }: Caller): TransferCaller {
  return { address, peerId: peerId || undefined, user: user || undefined, path: callerPathOf(path), ...figures };
}

function callerPathOf(path: Path): TransferPath | undefined {
  return path === Path.PATH_UNSPECIFIED ? undefined : pathOf(path);
}

function pathOf(path: Path): TransferPath {
  return wordOf(wirePath, path, 'path');
}

function wordOf<Word extends string>(words: Readonly<Record<Word, number>>, value: number, what: string): Word {
  for (const word of Object.keys(words) as Word[]) if (words[word] === value) return word;
  throw new CardumeError(
    'BYTES_MISMATCH',
    `a process of another version answered with a ${what} that is not known here`,
  );
}
