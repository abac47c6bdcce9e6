import type { RateLimit } from '@cardume/client/units';
import type { ReachFlags } from './reach-index.ts';

/** The flags of `cardume get`. */
export interface GetFlags extends ReachFlags {
  output: string;
  name?: string;
  force?: boolean;
  from?: string;
  limitDown?: RateLimit;
  limitDownEach?: RateLimit;
  limitUp?: RateLimit;
  /** In milliseconds. */
  wait: number;
  seed?: number;
  share: boolean;
  /** Whether what is on this machine already is copied. */
  copy: boolean;
  listen?: string;
  insecure?: boolean;
  json?: boolean;
}
