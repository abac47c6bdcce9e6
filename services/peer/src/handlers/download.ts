import { CardumeError, checkDigest, frameChunk, frameMessage, maxNameBytes, usualPieceLength } from '@cardume/client';
import { type DownloadRequest, DownloadResponse } from '@cardume/proto/transfer/v1';
import { callerHost, identityOf, peerOf, type RawStreamContext, type RawStreamHandler } from '@cardume/service-kit';
import type { BufferPool } from '../core/buffer-pool.ts';
import { ChunkSize } from '../core/chunk-size.ts';
import type { OpenFile } from '../core/open-file.ts';
import type { Pace } from '../core/pace.ts';
import { checkRangeIsThere } from '../core/partial-content.ts';
import type { PeerMetrics } from '../core/peer-metrics.ts';
import type { PieceBoards } from '../core/pieces/piece-boards.ts';
import { readAhead } from '../core/read-ahead.ts';
import { checkReadLimit, type ReadRange, readRange } from '../core/read-range.ts';
import { type ShareEntry, sharedFileOf } from '../core/share-list.ts';
import type { SeeingCaller, SeenShare } from '../core/share-rights.ts';
import { type UploadCaller, type Uploads, unknownHost } from '../core/uploads/uploads.ts';
import { beginUpload, type Upload, type UploadComponents } from './begin-upload.ts';

export interface DownloadComponents extends UploadComponents {
  /** What a caller sees, by its certificate. */
  seenBy: (caller: SeeingCaller | undefined) => Pick<SeenShare, 'files'>;
  /** Told of what is sent. */
  boards: PieceBoards;
  /**
   * Opens a file that is there as a whole.
   *
   * @throws CardumeError FILE_CHANGED when the file on the disk is gone or not the one that was hashed; LIMIT_REACHED when
   *   the process or the machine has no descriptor left
   */
  openFile: (entry: ShareEntry) => Promise<OpenFile>;
  pool: BufferPool;
  pace: Pace;
  /** A clock in milliseconds that is never set back. */
  nowMs: () => number;
  /** Told of what is sent to whom, and how fast that goes. */
  uploads: Uploads;
  /** Told of bytes as they leave. */
  metrics: Pick<PeerMetrics, 'served'>;
  /** Called for each file that was found to be another one than it was hashed. */
  onChanged: (entry: ShareEntry) => void;
  /** Called when a file was sent, whole or not: so many bytes of it, from `offset` on. */
  onServed: (entry: ShareEntry, sent: { offset: number; bytes: number }, call: RawStreamContext) => void;
}

/**
 * Makes the handler of `TransferService.Download`. It reads each chunk to where it is sent from: between the disk and the
 * network its bytes are not moved.
 */
export function createDownload(components: DownloadComponents): RawStreamHandler<DownloadRequest> {
  const { seenBy, onChanged, onServed } = components;
  return async function download(request, call) {
    checkWhich(request);
    checkReadLimit(request.readLimit);
    const candidates = seenBy(peerOf(call.caller)).files.find(request.digest, request.name);
    // Files of one digest have one size, so that the range is right for whichever is sent.
    const sizeBytes = candidates[0]?.sizeBytes ?? 0;
    const range = readRange(request.readOffset, request.readLimit, sizeBytes);
    const upload = await beginUpload(components, call, sizeBytes - range.start);
    let served: ServedFile | undefined;
    let bytes = 0;
    try {
      served = await openOrDescribe(candidates, range, call, components);
      await call.send(frameFile(served.entry));
      for await (const sentBytes of sendRange(served, range, call, upload, components)) bytes += sentBytes;
    } catch (error) {
      if (served !== undefined && isFileChanged(error)) onChanged(served.entry);
      throw error;
    } finally {
      upload.end(sizeBytes);
      await served?.file.close();
      if (served !== undefined) onServed(served.entry, { offset: range.start, bytes }, call);
    }
  };
}

/** Opens the first file that can be sent. Where only pieces are missing, the caller still learns what file it is. */
async function openOrDescribe(
  candidates: readonly ShareEntry[],
  range: ReadRange,
  { send }: RawStreamContext,
  components: DownloadComponents,
): Promise<ServedFile> {
  try {
    return await openFirst(candidates, range, components);
  } catch (error) {
    const [first] = candidates;
    if (first !== undefined && isPartMissing(error)) await send(frameFile(first));
    throw error;
  }
}

/** A file that is open, to be sent. */
export interface ServedFile {
  entry: ShareEntry;
  file: OpenFile;
}

/** Sends a range of a file; gives the length of each chunk that was sent. */
export async function* sendRange(
  { entry: { name, digest, sizeBytes }, file }: ServedFile,
  range: ReadRange,
  call: RawStreamContext,
  turn: Upload,
  { slots, pace, pool, nowMs, boards, uploads, metrics }: DownloadComponents,
): AsyncGenerator<number, void, undefined> {
  const { send, signal } = call;
  const size = new ChunkSize();
  const nextChunkBytes = (): number => Math.min(size.next(slots.taken), pace.maxChunkBytes(slots.taken));
  const sending = boards.sending(digest, sizeBytes, range);
  const upload = uploads.begin({ name, digest, sizeBytes }, uploadCallerOf(call));
  const pieceLengthBytes = usualPieceLength(sizeBytes);
  let position = range.start;
  let lastMs = nowMs();
  try {
    for await (const { buffer, lengthBytes } of readAhead({ file, range, pool, nextChunkBytes })) {
      const readMs = nowMs();
      let startMs: number;
      let sentMs: number;
      try {
        await pace.waitForTurn(lengthBytes, turn, signal);
        startMs = nowMs();
        await send(frameChunk(buffer, lengthBytes));
        sentMs = nowMs();
        size.note(sentMs - startMs);
      } catch (error) {
        // The transport may be in the middle of it.
        pool.giveUp(buffer);
        throw error;
      }
      pool.takeBack(buffer);
      position += lengthBytes;
      sending.advance(position);
      metrics.served(lengthBytes);
      upload.sent(lengthBytes, { diskMs: readMs - lastMs, limitMs: startMs - readMs, networkMs: sentMs - startMs });
      lastMs = sentMs;
      turn.sent(lengthBytes);
      yield lengthBytes;
      // After the last one there is nothing to cut.
      if (position < range.end) turn.checkTurn(position % pieceLengthBytes < lengthBytes);
    }
  } finally {
    upload.end();
    sending.end();
  }
}

/** Who calls, for the list of uploads. */
export function uploadCallerOf({ callerAddress, caller }: RawStreamContext): UploadCaller {
  const { peerId, user } = identityOf(caller);
  return { address: callerAddress, host: callerHost(callerAddress) ?? unknownHost, peerId, user };
}

function frameFile(entry: ShareEntry): Buffer {
  const payload = { $case: 'file' as const, value: sharedFileOf(entry) };
  return frameMessage(DownloadResponse.encode({ payload }).finish());
}

function checkWhich({ digest, name }: DownloadRequest): void {
  // A name that is not found is told back, so that it needs a bound of its own.
  if (Buffer.byteLength(name) > maxNameBytes) {
    throw CardumeError.invalidField('name', `must have at most ${maxNameBytes} bytes`);
  }
  if (digest !== '') checkDigest(digest, 'digest');
  else if (name === '') throw CardumeError.invalidField('name', 'name the file, or give its digest');
}

/**
 * Opens the first of the files that is still the one that was hashed, or is on its way here and has the range already; they
 * all have the same content.
 */
export async function openFirst(
  candidates: readonly ShareEntry[],
  range: ReadRange,
  { openFile, onChanged }: DownloadComponents,
): Promise<ServedFile> {
  let failure: unknown;
  for (const entry of candidates) {
    try {
      if (entry.partial === undefined) return { entry, file: await openFile(entry) };
      checkRangeIsThere(entry.partial, range);
      return { entry, file: entry.partial.open() };
    } catch (error) {
      if (isFileChanged(error)) onChanged(entry);
      else if (!isPartMissing(error)) throw error;
      failure = error;
    }
  }
  throw failure;
}

function isPartMissing(error: unknown): boolean {
  return CardumeError.is(error) && error.reason === 'PIECES_MISSING';
}

export function isFileChanged(error: unknown): boolean {
  return CardumeError.is(error) && error.reason === 'FILE_CHANGED';
}
