import {
  type Addresses,
  type DownloadProgress,
  formatAddress,
  type ProcessStatus,
  type RateLimit,
  rateNowOf,
} from '@cardume/client';
import type { ServedControl } from '@cardume/peer/control';
import { controlFolder } from '../core/control-folder.ts';
import { DownloadBoard } from '../core/why/download-board.ts';
import type { Context } from './context.ts';
import type { GettingSharer } from './share-while-getting.ts';

/** Who fetches for less has no time to be asked anything, and would pay for a server. */
const startDelayMs = 1_500;

/** What is told of a `get`. */
export interface TellOfGetInit {
  /** Undefined: only one peer is asked. */
  index: Addresses | undefined;
  maxBytesPerSecond: RateLimit | undefined;
  sharer: GettingSharer | undefined;
}

/** Lets `cardume status` and `why` ask a download; to be closed. */
export interface GetTeller {
  /** Takes what a download says of itself. */
  progress(progress: DownloadProgress): void;
  close(): Promise<void>;
}

/** Tells of the downloads of this command, as soon as they take long enough for somebody to ask. */
export function tellOfGet(init: TellOfGetInit, { stateHome, nowMs }: Pick<Context, 'stateHome' | 'nowMs'>): GetTeller {
  const { index = [], maxBytesPerSecond, sharer } = init;
  const { pid } = process;
  const rateNow = maxBytesPerSecond === undefined ? () => undefined : rateNowOf(maxBytesPerSecond);
  const board = new DownloadBoard({ pid, nowMs, clockStartMs: performance.timeOrigin, rateNow });
  let timer: NodeJS.Timeout | undefined;
  let starting: Promise<ServedControl | undefined> | undefined;

  const status = (): ProcessStatus => ({
    kind: 'get',
    pid,
    startTime: new Date(performance.timeOrigin),
    index: index.map(formatAddress).join(','),
    share: sharer?.teller?.status(),
  });
  const transfers = () => [...board.list(), ...(sharer?.teller?.transfers() ?? [])];
  const start = async (): Promise<ServedControl | undefined> => {
    const { serveControl } = await import('@cardume/peer/control');
    // That nobody can ask is no reason to say anything, or to fail: nobody may want to.
    return serveControl({ folder: controlFolder(stateHome), source: { status, transfers } }).catch(() => undefined);
  };
  return {
    progress(progress) {
      board.update(progress);
      timer ??= setTimeout(() => {
        starting = start();
      }, startDelayMs).unref();
    },
    async close() {
      clearTimeout(timer);
      await (await starting)?.close();
    },
  };
}
