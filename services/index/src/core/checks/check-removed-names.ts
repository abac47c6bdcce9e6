import { CardumeError, maxEntriesPerMessage } from '@cardume/client';

/**
 * Checks the names that a peer takes from its list. Each may be any text: one that is not listed is passed over.
 *
 * @throws CardumeError INVALID_FIELD when there are more than a message may carry
 */
export function checkRemovedNames(names: readonly string[]): readonly string[] {
  if (names.length > maxEntriesPerMessage) {
    throw CardumeError.invalidField('removed_names', `must have at most ${maxEntriesPerMessage} names`);
  }
  return names;
}
