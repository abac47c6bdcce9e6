import { mkdir } from 'node:fs/promises';
import { cardumeErrorFrom } from '@cardume/client';

/** Makes a folder where there is none. @throws CardumeError LOCAL_IO_FAILED */
export async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true });
  } catch (error) {
    throw cardumeErrorFrom(error, path);
  }
}
