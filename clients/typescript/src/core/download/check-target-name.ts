import { CardumeError } from '../../errors/cardume-error.ts';
import { checkName } from '../names/name-problem.ts';
import { isWorkingName } from './part-names.ts';

/**
 * Checks the name under which something is put into a folder; it may come from an index or a peer.
 *
 * @throws CardumeError UNSAFE_NAME unless it is a single safe part, and none that downloads give to their own files: what
 *   stands under one would be taken for the part of another download, and written to
 */
export function checkTargetName(name: string): void {
  checkName(name, 'name');
  if (name.includes('/')) throw CardumeError.invalidField('name', 'must be a name without folders', 'UNSAFE_NAME');
  if (isWorkingName(name)) {
    throw CardumeError.invalidField(
      'name',
      'is one that downloads give to their own files; choose another',
      'UNSAFE_NAME',
    );
  }
}
