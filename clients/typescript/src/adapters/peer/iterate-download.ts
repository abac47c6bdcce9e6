import { iteratePushed } from '../../core/concurrency/pushed-items.ts';
import type { SharedFile } from '../../core/model/shared-file.ts';
import { CardumeError } from '../../errors/cardume-error.ts';
import type { ReceivingCall } from '../grpc/receiving-call.ts';
import type { DownloadSink } from './receive-download.ts';

/** A download under way. */
export interface Download {
  /** What the holder says the file is. Nothing of it is proven. */
  file: SharedFile;
  /** The bytes in order, in chunks of any size, exactly as they came: nothing of them is verified. Read it once. */
  chunks: AsyncIterable<Uint8Array>;
}

/**
 * Makes a download that hands bytes on one that is iterated.
 *
 * @param start starts the download into a sink
 */
export async function iterateDownload(start: (sink: DownloadSink) => ReceivingCall): Promise<Download> {
  const described = Promise.withResolvers<SharedFile>();
  const { source: call, items: chunks } = iteratePushed<Uint8Array, ReceivingCall>(
    (push) => start({ onFile: described.resolve, onBytes: (bytes) => push(Uint8Array.from(bytes), bytes.length) }),
    (source) => source.cancel(new CardumeError('CANCELLED', 'nobody reads the download any more')),
  );
  call.ended.catch(described.reject);
  return { file: await described.promise, chunks };
}
