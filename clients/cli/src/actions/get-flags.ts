import type { ReachFlags } from './reach-index.ts';

/** The flags of `cardume get`. */
export interface GetFlags extends ReachFlags {
  output: string;
  name?: string;
  force?: boolean;
  from?: string;
  /** In bytes per second. */
  limitDown?: number;
  limitUp?: number;
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
