import type { DialledAddress } from '../../core/address/address.ts';
import type { ClientTls } from '../../core/model/client-tls.ts';
import type { CardumeErrorDetails } from '../../errors/cardume-error.ts';
import type { ErrorReason } from '../../errors/error-reason.ts';
import type { RangeJob } from './range-job.ts';
import type { SmallFileOutcome, SmallFilesJob } from './small-files-job.ts';

/** How a lane connects. */
export interface LaneOptions {
  /** For how long a stream may bring too little before it is given up, in milliseconds. Default: 20,000. */
  stallTimeoutMs?: number | undefined;
  windowBytes: number;
  tls?: ClientTls | undefined;
  transferId?: string | undefined;
}

/** What a thread is told. Lanes and jobs have numbers that are not used twice. */
export type ToThread =
  | { kind: 'open'; lane: number; address: DialledAddress; options: LaneOptions }
  | { kind: 'range'; lane: number; id: number; job: RangeJob }
  | { kind: 'small-files'; lane: number; id: number; job: SmallFilesJob }
  /** No more may come for so long. */
  | { kind: 'wait'; id: number; waitMs: number }
  | { kind: 'cancel'; id: number }
  | { kind: 'round-trip'; lane: number; id: number }
  | { kind: 'close'; lane: number }
  | { kind: 'end' };

/** An error on its way between threads. */
export type SentError =
  | { kind: 'cardume'; isHolders: boolean; reason: ErrorReason; message: string; details: CardumeErrorDetails }
  | { kind: 'other'; code: string | undefined; message: string };

/** What a thread tells. */
export type FromThread =
  | { kind: 'segments'; id: number; start: number; roots: Uint8Array }
  | { kind: 'outcomes'; id: number; outcomes: SmallFileOutcome[] }
  | { kind: 'received'; id: number; bytes: number }
  | { kind: 'round-trip'; id: number; roundTripMs: number | undefined }
  | { kind: 'ended'; id: number; error: SentError | undefined };
