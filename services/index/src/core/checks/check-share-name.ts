import { CardumeError, shareNameProblem } from '@cardume/client';

/** @throws CardumeError INVALID_FIELD when a share may not have that name */
export function checkShareName(shareName: string): string {
  const problem = shareNameProblem(shareName);
  if (problem !== null) throw CardumeError.invalidField('share_name', `not a name for a share: ${problem}`);
  return shareName;
}
