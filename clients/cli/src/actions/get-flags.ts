/** The flags of `cardume get`. */
export interface GetFlags {
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
  index: readonly string[];
  json?: boolean;
}
