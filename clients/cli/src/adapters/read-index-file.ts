import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { CardumeError, cardumeErrorFrom, errnoOf } from '@cardume/client';

/** How often it is looked whether the file is there. */
const lookEveryMs = 250;

/** How to wait for a file that somebody else is about to write. */
export interface WaitForFile {
  /** For how long at the most. */
  timeoutMs: number;
  /** Ends the waiting with CANCELLED. */
  signal: AbortSignal;
  /** Called once, when the file is not there at first. */
  onWaiting(): void;
  /** A clock in milliseconds. */
  nowMs: () => number;
}

/**
 * Reads the file that `--index file:PATH` names.
 *
 * @param wait for a file that is not there yet; undefined: that fails at once
 * @returns an invite or addresses
 * @throws CardumeError INVALID_FIELD when there is neither in it; LOCAL_IO_FAILED when it is not there or cannot be read;
 *   CANCELLED
 */
export async function readIndexFile(path: string, wait?: WaitForFile): Promise<string> {
  const text = (wait === undefined ? await read(path) : await readOnceThere(path, wait)).trim();
  if (text !== '' && !text.startsWith('file:')) return text;
  throw CardumeError.invalidField('--index', `${path} has neither an invite nor an address`);
}

async function readOnceThere(path: string, { timeoutMs, signal, onWaiting, nowMs }: WaitForFile): Promise<string> {
  const endMs = nowMs() + timeoutMs;
  let isTold = false;
  for (;;) {
    try {
      return await read(path);
    } catch (error) {
      if (!isAbsent(error) || nowMs() >= endMs) throw error;
    }
    if (!isTold) onWaiting();
    isTold = true;
    await sleep(lookEveryMs, undefined, { signal });
  }
}

async function read(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw cardumeErrorFrom(error, path);
    const problem = `${path} is not there; an index leaves an invite in a file with --invite-file`;
    throw new CardumeError('LOCAL_IO_FAILED', problem, { cause: error });
  }
}

function isAbsent(error: unknown): boolean {
  return CardumeError.is(error) && errnoOf(error.cause) === 'ENOENT';
}
