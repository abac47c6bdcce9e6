import type { Transfer } from '@cardume/client';
import { type UploadFigures, unknownHost } from './uploads.ts';

/** What uploads are told with. */
export interface UploadTransferInit {
  /** The process's number. */
  pid: number;
  maxUploadBytesPerSecond: number | undefined;
  /** When the clock of the figures began, in milliseconds since 1970. */
  clockStartMs: number;
}

// Between one call and the next some milliseconds go by.
const idleAfterMs = 1_000;

/** An upload, as it is told. */
export function uploadTransfer(figures: UploadFigures, init: UploadTransferInit): Transfer {
  const { number, file, caller, sentBytes, bytesPerSecond, openCalls, startMs } = figures;
  const { limitShare, networkShare, diskShare } = figures;
  const { address, host, peerId, user } = caller;
  const path = host === unknownHost ? undefined : 'direct';
  return {
    id: `${init.pid}-u${number}`,
    direction: 'upload',
    name: file?.name ?? '',
    digest: file?.digest ?? '',
    sizeBytes: file?.sizeBytes ?? 0,
    phase: figures.idleMs < idleAfterMs ? 'transferring' : 'idle',
    startTime: new Date(init.clockStartMs + startMs),
    doneBytes: sentBytes,
    networkBytes: sentBytes,
    resumedBytes: 0,
    copiedBytes: 0,
    bytesPerSecond,
    maxBytesPerSecond: init.maxUploadBytesPerSecond,
    folder: undefined,
    sources: [],
    caller: { address, peerId, user, path, openCalls, limitShare, networkShare, diskShare },
  };
}
