import { CardumeError, checkDigest, frameMessage } from '@cardume/client';
import { type DownloadFilesRequest, DownloadFilesResponse } from '@cardume/proto/transfer/v1';
import { peerOf, type RawStreamContext, type RawStreamHandler } from '@cardume/service-kit';
import { ChunkSize } from '../core/chunk-size.ts';
import { fileNotShared } from '../core/file-not-shared.ts';
import { maxFilesPerDownload, smallRequestBytes } from '../core/limits.ts';
import { frameIn, type ParcelPlan, planParcels } from '../core/parcel.ts';
import type { ReadRange } from '../core/read-range.ts';
import { type ShareEntry, sharedFileOf } from '../core/share-list.ts';
import type { SharedFiles } from '../core/shared-files.ts';
import type { UploadCall } from '../core/uploads/uploads.ts';
import { beginUpload, type Upload } from './begin-upload.ts';
import {
  type DownloadComponents,
  isFileChanged,
  openFirst,
  type ServedFile,
  sendRange,
  uploadCallerOf,
} from './download.ts';

/** A file that was asked for. */
interface AskedFile {
  digest: string;
  /** The shared files with the digest; none: nobody shares it. */
  candidates: readonly ShareEntry[];
  /** The framed message that describes it. */
  description: Buffer;
  sizeBytes: number;
}

/** Files that are ready to leave; or a single one that is too long to be put with others, and is read as it leaves. */
type Parcel = { frames: Buffer[]; sent: AskedFile[]; buffer: Buffer } | { long: AskedFile };

/** What filling a parcel came to. Nobody may be waiting when it fails, so that the failure is kept. */
type Filled = { parcel: Parcel | undefined } | { error: unknown };

/**
 * Makes the handler of `TransferService.DownloadFiles`. Small files are read side by side into one buffer, which leaves as
 * one write; the next one is filled meanwhile.
 */
export function createDownloadFiles(components: DownloadComponents): RawStreamHandler<DownloadFilesRequest> {
  return async function downloadFiles({ digests }, call) {
    checkDigests(digests);
    const { files } = components.seenBy(peerOf(call.caller));
    const turn = await beginUpload(components, call, askedBytes(digests, files));
    const { slots, pace, uploads } = components;
    const upload = uploads.begin(undefined, uploadCallerOf(call));
    const size = new ChunkSize();
    const nextRoomBytes = (): number => Math.min(size.next(slots.taken), pace.maxChunkBytes(slots.taken));
    const plans = planParcels(findFiles(digests, files), nextRoomBytes);
    const fillNext = (): Promise<Filled> => fill(plans.next().value, components).catch((error: unknown) => ({ error }));
    let ahead = fillNext();
    try {
      for (let parcel = parcelOf(await ahead); parcel !== undefined; parcel = parcelOf(await ahead)) {
        ahead = fillNext();
        if ('long' in parcel) await sendLong(parcel.long, call, turn, components);
        else size.note(await sendParcel(parcel, call, { turn, upload }, components));
        // After the last one there is nothing to cut.
        if (parcelOf(await ahead) !== undefined) turn.checkTurn(true);
      }
    } finally {
      turn.end(Number.POSITIVE_INFINITY);
      upload.end();
      // What was read ahead when sending failed does not leave any more.
      const unsent = await ahead;
      if ('parcel' in unsent && unsent.parcel !== undefined && 'buffer' in unsent.parcel) {
        components.pool.takeBack(unsent.parcel.buffer);
      }
    }
  };
}

function checkDigests(digests: readonly string[]): void {
  if (digests.length === 0 || digests.length > maxFilesPerDownload) {
    throw CardumeError.invalidField('digests', `must be 1 to ${maxFilesPerDownload}, and are ${digests.length}`);
  }
  for (const [index, digest] of digests.entries()) checkDigest(digest, `digests[${index}]`);
}

/** How many bytes the files have together; of many, as far as that is of interest. */
function askedBytes(digests: readonly string[], files: SharedFiles): number {
  let bytes = 0;
  for (const digest of digests) {
    bytes += files.findAll(digest)[0]?.sizeBytes ?? 0;
    if (bytes > smallRequestBytes) break;
  }
  return bytes;
}

/** Each file when it is its turn: a thousand descriptions for each call would take more memory than their bytes. */
function* findFiles(digests: readonly string[], files: SharedFiles): Generator<AskedFile, undefined, undefined> {
  for (const digest of digests) yield findFile(digest, files);
  return undefined;
}

function findFile(digest: string, files: SharedFiles): AskedFile {
  const candidates = files.findAll(digest);
  const [first] = candidates;
  if (first === undefined) return { digest, candidates, description: Buffer.alloc(0), sizeBytes: 0 };
  return { digest, candidates, description: frameFile(first), sizeBytes: first.sizeBytes };
}

function parcelOf(filled: Filled): Parcel | undefined {
  if ('error' in filled) throw filled.error;
  return filled.parcel;
}

/** Reads the files of a parcel to their places. */
async function fill(plan: ParcelPlan<AskedFile> | undefined, components: DownloadComponents): Promise<Filled> {
  const [first] = plan?.files ?? [];
  if (plan === undefined || first === undefined) return { parcel: undefined };
  if (!plan.fits) return { parcel: { long: first.file } };
  const buffer = components.pool.lend(plan.roomBytes);
  const read = plan.files.map(({ file, place }) =>
    readWhole(file, buffer.subarray(place.contentStart, place.end), components),
  );
  // All of them end before anything is done with the buffer that they read into.
  const outcomes = await Promise.allSettled(read);
  try {
    return { parcel: { ...framesOf(plan, outcomes, buffer), buffer } };
  } catch (error) {
    components.pool.takeBack(buffer);
    throw error;
  }
}

/** What leaves: files in a row as one, up to one that failed, whose failure takes its place. */
function framesOf(
  plan: ParcelPlan<AskedFile>,
  outcomes: readonly PromiseSettledResult<void>[],
  buffer: Buffer,
): Pick<Extract<Parcel, { buffer: Buffer }>, 'frames' | 'sent'> {
  const frames: Buffer[] = [];
  const sent: AskedFile[] = [];
  let start = plan.files[0]?.place.start;
  for (const [index, { file, place }] of plan.files.entries()) {
    const outcome = outcomes[index];
    if (outcome?.status === 'rejected') {
      frames.push(buffer.subarray(start, place.start), frameFailure(file.digest, outcome.reason));
      start = place.end;
    } else {
      frameIn(buffer, place, file);
      sent.push(file);
    }
  }
  frames.push(buffer.subarray(start, plan.files.at(-1)?.place.end));
  return { frames: frames.filter(({ length }) => length > 0), sent };
}

async function readWhole(file: AskedFile, target: Buffer, components: DownloadComponents): Promise<void> {
  if (file.candidates.length === 0) throw fileNotShared(file.digest);
  const { entry, file: opened } = await openFirst(file.candidates, wholeOf(file), components);
  try {
    if (target.length > 0) await opened.read(target, 0);
  } catch (error) {
    if (isFileChanged(error)) components.onChanged(entry);
    throw error;
  } finally {
    await opened.close();
  }
}

/** @returns how long its reader took to take it, in milliseconds */
async function sendParcel(
  { frames, sent, buffer }: Extract<Parcel, { buffer: Buffer }>,
  call: RawStreamContext,
  { turn, upload }: { turn: Upload; upload: UploadCall },
  { pace, pool, nowMs, metrics, onServed }: DownloadComponents,
): Promise<number> {
  const { send, signal } = call;
  const lengthBytes = frames.reduce((sum, { length }) => sum + length, 0);
  const readyMs = nowMs();
  let startMs: number;
  let durationMs: number;
  try {
    await pace.waitForTurn(lengthBytes, turn, signal);
    startMs = nowMs();
    for (const frame of frames) await send(frame);
    durationMs = nowMs() - startMs;
  } catch (error) {
    // The transport may be in the middle of it.
    pool.giveUp(buffer);
    throw error;
  }
  pool.takeBack(buffer);
  const sentBytes = sent.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  metrics.served(sentBytes);
  upload.sent(sentBytes, { diskMs: 0, limitMs: startMs - readyMs, networkMs: durationMs });
  turn.sent(lengthBytes);
  for (const { candidates, sizeBytes: bytes } of sent) {
    const [entry] = candidates;
    if (entry !== undefined) onServed(entry, { offset: 0, bytes }, call);
  }
  return durationMs;
}

async function sendLong(
  file: AskedFile,
  call: RawStreamContext,
  turn: Upload,
  components: DownloadComponents,
): Promise<void> {
  const { send } = call;
  let opened: ServedFile;
  try {
    opened = await openFirst(file.candidates, wholeOf(file), components);
  } catch (error) {
    await send(frameFailure(file.digest, error));
    return;
  }
  let bytes = 0;
  try {
    await send(file.description);
    for await (const sentBytes of sendRange(opened, wholeOf(file), call, turn, components)) bytes += sentBytes;
  } catch (error) {
    if (isFileChanged(error)) components.onChanged(opened.entry);
    throw error;
  } finally {
    await opened.file.close();
    components.onServed(opened.entry, { offset: 0, bytes }, call);
  }
}

function wholeOf({ sizeBytes }: AskedFile): ReadRange {
  return { start: 0, end: sizeBytes };
}

function frameFile(entry: ShareEntry): Buffer {
  const payload = { $case: 'file' as const, value: sharedFileOf(entry) };
  return frameMessage(DownloadFilesResponse.encode({ payload }).finish());
}

/** @throws the error when it is not one that concerns this file alone */
function frameFailure(digest: string, error: unknown): Buffer {
  if (!CardumeError.is(error)) throw error;
  const payload = { $case: 'failure' as const, value: { digest, reason: error.reason, message: error.message } };
  return frameMessage(DownloadFilesResponse.encode({ payload }).finish());
}
