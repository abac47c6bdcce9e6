import { formatAddress } from './core/address/address.ts';
import type { DownloadSource } from './core/model/download.ts';
import { printable } from './core/names/printable.ts';
import { CardumeError } from './errors/cardume-error.ts';

/** What is said of a file that nobody could give. */
export interface NoHolderLeftInit {
  name: string;
  digest: string;
  /** Everybody who was asked. */
  sources: readonly DownloadSource[];
  /** What becomes of what has come, in words. */
  rest: string;
  metadata: Record<string, string>;
}

/** The error for a file that nobody could give: who was asked, and why each of them did not. */
export function noHolderLeft({ name, digest, sources, rest, metadata }: NoHolderLeftInit): CardumeError {
  const tried = sources.map(
    ({ address, failure = 'gave what it had' }) => `  ${formatAddress(address)}: ${printable(failure)}`,
  );
  const what = tried.length === 0 ? 'no live peer has it' : 'none of its holders could give the rest:';
  return new CardumeError('NO_HOLDER_LEFT', [`${name}: ${what}`, ...tried, rest].join('\n'), {
    metadata: { digest, ...metadata },
  });
}

/** Whether nobody could give something, and nothing is said of it yet. */
export function isNoHolderLeft(error: unknown): boolean {
  return CardumeError.is(error) && error.reason === 'NO_HOLDER_LEFT';
}
