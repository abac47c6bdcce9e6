import { chmod, lstat, mkdir, open } from 'node:fs/promises';
import { errnoOf } from '../../errors/cardume-error.ts';

/** Makes a folder; the one that it is in is there. */
export async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path);
  } catch (error) {
    // It was looked at before; what took its place since then is not followed.
    if (errnoOf(error) !== 'EEXIST' || !(await lstat(path)).isDirectory()) throw error;
  }
}

/** @returns false when something stands there */
export async function makeEmptyFile(path: string): Promise<boolean> {
  try {
    await (await open(path, 'wx', 0o666)).close();
    return true;
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return false;
    throw error;
  }
}

/** Lets those execute a file who may read it. */
export async function allowExecution(path: string): Promise<void> {
  const { mode } = await lstat(path);
  const wanted = mode | ((mode & 0o444) >> 2);
  if (wanted !== mode) await chmod(path, wanted & 0o7777);
}
