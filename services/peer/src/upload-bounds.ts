import { lowestRate, type RateLimit, rateNowOf } from '@cardume/client';
import type { Pace } from './core/pace.ts';
import { downloadsWithin, limitUploads, unlimited } from './limit-uploads.ts';
import type { PeerSettings } from './peer-options.ts';

/** What a limit is now; no limit is none at all times. */
export function rateNowOrNone(limit: RateLimit | undefined): () => number | undefined {
  return limit === undefined ? () => undefined : rateNowOf(limit);
}

/** How fast what is sent may leave. */
export function paceOf(
  { maxUploadBytesPerSecond: all, maxUploadBytesPerSecondEach: each }: PeerSettings,
  nowMs: () => number,
): Pace {
  if (all === undefined && each === undefined) return unlimited;
  const rateOf = (limit: RateLimit | undefined) => (limit === undefined ? undefined : rateNowOf(limit));
  return limitUploads({ all: rateOf(all), each: rateOf(each) }, nowMs);
}

/** How many downloads stream at once; an upload limit that is low makes them fewer. */
export function downloadBounds({ maxDownloads, maxDownloadsPerCaller, maxUploadBytesPerSecond }: PeerSettings) {
  if (maxUploadBytesPerSecond === undefined) return { maxDownloads, maxDownloadsPerCaller };
  const limited = Math.min(maxDownloads, downloadsWithin(lowestRate(maxUploadBytesPerSecond)));
  return { maxDownloads: limited, maxDownloadsPerCaller: Math.min(maxDownloadsPerCaller, Math.ceil(limited * 0.75)) };
}
