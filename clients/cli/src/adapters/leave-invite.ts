import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { cardumeErrorFrom } from '@cardume/client';
import { replaceTrustFile } from '@cardume/client/trust';

/**
 * Leaves an invite in a file, whole or not at all, and makes its folder where there is none. It is a secret, and so only the user
 * of this process may read it: containers that read it from a volume run as that user, too.
 *
 * @throws CardumeError LOCAL_IO_FAILED
 */
export async function leaveInvite(path: string, invite: string): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await replaceTrustFile(path, `${invite}\n`, true);
  } catch (error) {
    throw cardumeErrorFrom(error, path);
  }
}
