import { CardumeError, checkDigest, maxNameBytes } from '@cardume/client';
import type { DeepPartial, DownloadRequest, DownloadResponse } from '@cardume/proto/transfer/v1';
import { callerHost } from '@cardume/service-kit';
import type { CallContext } from 'nice-grpc-common';
import type { OpenFile, OpenFileOf } from '../core/open-file.ts';
import type { Pace } from '../core/pace.ts';
import { checkReadLimit, readRange } from '../core/read-range.ts';
import { type ShareEntry, type ShareList, sharedFileOf } from '../core/share-list.ts';
import type { CallerSlots, Slots } from '../core/slots.ts';

export interface DownloadComponents {
  list: ShareList;
  slots: Slots;
  /** Those of each caller's address. */
  callerSlots: CallerSlots;
  openFile: OpenFileOf;
  pace: Pace;
  /** Called for each file that was found to be another one than it was hashed. */
  onChanged: (entry: ShareEntry) => void;
  /** Called when a download has ended, whole or not. */
  onServed: (name: string, bytes: number, callerAddress: string) => void;
}

/** Makes the handler of `TransferService.Download`. */
export function createDownload(components: DownloadComponents) {
  const { list, onServed, pace } = components;
  return async function* download(
    request: DownloadRequest,
    { peer, signal }: CallContext,
  ): AsyncGenerator<DeepPartial<DownloadResponse>, void, undefined> {
    checkWhich(request);
    checkReadLimit(request.readLimit);
    const candidates = list.find(request.digest, request.name);
    // Files of one digest have one size, so that the range is right for whichever is sent.
    const range = readRange(request.readOffset, request.readLimit, candidates[0]?.sizeBytes ?? 0);
    const giveBack = takeSlot(components, peer);
    let served: { entry: ShareEntry; file: OpenFile } | undefined;
    let bytes = 0;
    try {
      served = await openFirst(candidates, components);
      yield { payload: { $case: 'file', value: sharedFileOf(served.entry) } };
      for await (const chunk of pace(served.file.read(range, signal), signal)) {
        bytes += chunk.length;
        yield { payload: { $case: 'chunk', value: chunk } };
      }
    } catch (error) {
      if (served !== undefined && isFileChanged(error)) components.onChanged(served.entry);
      throw error;
    } finally {
      // This runs also when the caller cancels: nice-grpc then returns the generator.
      giveBack();
      await served?.file.close();
      if (served !== undefined) onServed(served.entry.name, bytes, peer);
    }
  };
}

function checkWhich({ digest, name }: DownloadRequest): void {
  // A name that is not found is told back, so that it needs a bound of its own.
  if (Buffer.byteLength(name) > maxNameBytes) {
    throw CardumeError.invalidField('name', `must have at most ${maxNameBytes} bytes`);
  }
  if (digest !== '') checkDigest(digest, 'digest');
  else if (name === '') throw CardumeError.invalidField('name', 'name the file, or give its digest');
}

/** Takes a slot of the caller's and one of all; a port is no caller, since anyone has thousands of them. */
function takeSlot({ slots, callerSlots }: DownloadComponents, transportPeer: string): () => void {
  const giveBackOwn = callerSlots.take(callerHost(transportPeer) ?? 'unknown');
  try {
    const giveBack = slots.take();
    return () => {
      giveBack();
      giveBackOwn();
    };
  } catch (error) {
    giveBackOwn();
    throw error;
  }
}

/** Opens the first of the files that is still the one that was hashed; they all have the same content. */
async function openFirst(
  candidates: readonly ShareEntry[],
  { openFile, onChanged }: DownloadComponents,
): Promise<{ entry: ShareEntry; file: OpenFile }> {
  let changed: unknown;
  for (const entry of candidates) {
    try {
      return { entry, file: await openFile(entry) };
    } catch (error) {
      if (!isFileChanged(error)) throw error;
      onChanged(entry);
      changed = error;
    }
  }
  throw changed;
}

function isFileChanged(error: unknown): boolean {
  return CardumeError.is(error) && error.reason === 'FILE_CHANGED';
}
