import { lstatSync, mkdirSync } from 'node:fs';
import { enableCompileCache, getCompileCacheDir } from 'node:module';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

/**
 * Has Node keep the compiled form of every module that is loaded from now on, for the runs to come: a small `get` then
 * takes half the time when Node runs the sources, and a tenth less when it runs the published package. It is code that
 * will be run, so it is kept in a folder that only this user can write to (`cardume/compiled` in `$XDG_CACHE_HOME` or
 * `~/.cache`), and not in the one for temporary files, where Node would put it by itself. It can be removed at any time.
 *
 * NODE_COMPILE_CACHE and NODE_DISABLE_COMPILE_CACHE, Node's own variables, go before.
 *
 * @param {Record<string, string | undefined>} env
 */
export function keepCompiledCode(env) {
  if (getCompileCacheDir() !== undefined || env.NODE_DISABLE_COMPILE_CACHE) return;
  const home = cacheHome(env);
  if (home === undefined) return;
  const path = join(home, 'cardume', 'compiled');
  // Whatever is wrong with the folder later on, Node passes over in silence.
  if (makeOwnFolder(path)) enableCompileCache(path);
}

/**
 * The user's cache folder by the XDG rules; undefined for a user without a home.
 *
 * @param {Record<string, string | undefined>} env
 */
function cacheHome({ XDG_CACHE_HOME: named }) {
  if (named !== undefined && isAbsolute(named)) return named;
  try {
    const home = homedir();
    return isAbsolute(home) ? join(home, '.cache') : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Makes a folder unless it is there; false when it is not this user's alone to write to.
 *
 * @param {string} path
 */
function makeOwnFolder(path) {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    const stat = lstatSync(path);
    const isOurs = process.getuid === undefined || (stat.uid === process.getuid() && (stat.mode & 0o022) === 0);
    return stat.isDirectory() && isOurs;
  } catch {
    // A home that is read-only, full or not there costs the time to compile, and is no reason to fail.
    return false;
  }
}
