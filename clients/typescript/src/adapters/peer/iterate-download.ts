import type { SharedFile } from '../../core/model/shared-file.ts';
import { CardumeError } from '../../errors/cardume-error.ts';
import type { ReceivingCall } from './peer-session.ts';
import type { DownloadSink } from './receive-download.ts';

/** A download under way. */
export interface Download {
  /** What the holder says the file is. Nothing of it is proven. */
  file: SharedFile;
  /** The bytes in order, in chunks of any size, exactly as they came: nothing of them is verified. Read it once. */
  chunks: AsyncIterable<Uint8Array>;
}

/** How many bytes may wait for who iterates before no more is taken. */
const maxWaitingBytes = 1024 * 1024;

/**
 * Makes a download that hands bytes on one that is iterated: whoever reads slowly is waited for.
 *
 * @param start starts the download into a sink
 */
export async function iterateDownload(start: (sink: DownloadSink) => ReceivingCall): Promise<Download> {
  const described = Promise.withResolvers<SharedFile>();
  const waiting: Uint8Array[] = [];
  let waitingBytes = 0;
  let wake = (): void => undefined;
  let end: { error?: unknown } | undefined;
  const call = start({
    onFile: described.resolve,
    onBytes(bytes) {
      waiting.push(Uint8Array.from(bytes));
      waitingBytes += bytes.length;
      if (waitingBytes >= maxWaitingBytes) call.pause();
      wake();
    },
  });
  const settle = (how: { error?: unknown }): void => {
    end = how;
    wake();
  };
  call.ended.then(
    () => settle({}),
    (error: unknown) => {
      described.reject(error);
      settle({ error });
    },
  );
  const chunks = async function* (): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      for (;;) {
        for (let bytes = waiting.shift(); bytes !== undefined; bytes = waiting.shift()) {
          waitingBytes -= bytes.length;
          yield bytes;
        }
        // What was kept while it was paused comes at once.
        call.resume();
        if (waiting.length > 0) continue;
        if (end !== undefined) break;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      if ('error' in end) throw end.error;
    } finally {
      call.cancel(new CardumeError('CANCELLED', 'nobody reads the download any more'));
    }
  };
  return { file: await described.promise, chunks: chunks() };
}
