import { digestRange } from '../../core/search/digest-range.ts';
import type { Database } from './database.ts';
import type { KeySlice } from './key-slice.ts';
import { rangeSlices } from './range-slices.ts';

/**
 * Visits the files whose digest begins with some hex digits, a bounded step at a time: nothing stops a peer from
 * listing a million names with one made-up digest.
 *
 * @returns slices of the keys of files
 */
export function digestSlices(
  database: Database,
  prefix: string,
  signal: AbortSignal,
): AsyncGenerator<KeySlice, void, undefined> {
  const { first, last } = digestRange(prefix);
  const range = {
    from: 'files f',
    key: 'f.file_key',
    column: 'f.digest',
    start: Buffer.from(first, 'hex'),
    // The first bytes after the last digest are that digest with a zero appended, which no digest is.
    end: Buffer.concat([Buffer.from(last, 'hex'), Buffer.alloc(1)]),
    conditions: { sql: '1', parameters: [] },
  };
  return rangeSlices(database, range, signal);
}
