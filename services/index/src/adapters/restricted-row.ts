import type { RestrictedEntry } from '../core/rights/restricted-lists.ts';
import { type CandidateRow, candidateOf } from './candidate-row.ts';

/** An entry of a list that is for some users only, as both engines read it. */
export interface RestrictedRow extends Omit<CandidateRow, 'file_key' | 'whole_count'> {
  entry_key: number;
  partial: number | boolean;
}

export function restrictedEntryOf(row: RestrictedRow): RestrictedEntry {
  const { entry_key: entryKey, partial } = row;
  const { name, foldedName, sizeBytes, digest, folder } = candidateOf({ ...row, file_key: entryKey, whole_count: 0 });
  return { entryKey, name, foldedName, sizeBytes, digest, folder, partial: Boolean(partial) };
}
