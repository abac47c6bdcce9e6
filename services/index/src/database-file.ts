import { CardumeError } from '@cardume/client';

/**
 * Reads `sqlite:FILE` or `sqlite::memory:`.
 *
 * @returns the path of the file, or `:memory:`
 * @throws CardumeError INVALID_FIELD for anything else
 */
export function databaseFile(database: string): string {
  const file = /^sqlite:(.+)$/.exec(database)?.[1];
  if (file === undefined) {
    throw CardumeError.invalidField(
      '--database',
      `"${database}" is not supported; write sqlite:FILE, or sqlite::memory: for one that ends with the process`,
    );
  }
  return file;
}
