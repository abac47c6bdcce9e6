import { durationFromMs } from '@cardume/client';
import type { Hit } from '@cardume/proto/index/v1';
import type { FoundFile } from '../core/search/fill-page.ts';
import { ageMs } from './age.ts';

/** The message of a file that was found, with ages as of now. */
export function messageOfHit(file: FoundFile, nowMs: number): Hit {
  return {
    name: file.name,
    sizeBytes: file.sizeBytes,
    digest: file.digest,
    modifyTime: file.modifyMs === undefined ? undefined : new Date(file.modifyMs),
    holders: file.holders.map(({ renewMs, ...holder }) => ({
      ...holder,
      renewalAge: durationFromMs(ageMs(renewMs, nowMs)),
    })),
    holderCount: file.wholeHolderCount,
    folder: file.folder,
  };
}
