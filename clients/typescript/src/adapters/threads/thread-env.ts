import { getCompileCacheDir } from 'node:module';
import { dirname } from 'node:path';

/**
 * The environment of a thread (`env` of a `Worker`), so that it has the compiled code that this process keeps, if it does: it
 * has it no other way. What strips the types of sources takes a thread more time and memory than most of them need otherwise.
 */
export function threadEnv(): NodeJS.ProcessEnv {
  const folder = getCompileCacheDir();
  // Node gives the folder of its own version in the one that it was told.
  return folder === undefined ? process.env : { ...process.env, NODE_COMPILE_CACHE: dirname(folder) };
}
