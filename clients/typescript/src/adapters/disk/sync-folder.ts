import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { errnoOf } from '../../errors/cardume-error.ts';

/** Flushes a folder, so that the names in it outlive a loss of power. */
export async function syncFolder(path: string): Promise<void> {
  await using folder = await open(path, constants.O_RDONLY);
  try {
    await folder.sync();
  } catch (error) {
    // Some file systems cannot flush a folder; the rename is then as durable as they make it.
    if (errnoOf(error) !== 'EINVAL' && errnoOf(error) !== 'ENOTSUP') throw error;
  }
}
