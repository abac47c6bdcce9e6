import type { hashFile as hashFileOf } from './adapters/disk/hash-file.ts';
import type { downloadFile as downloadFileOf } from './download-file.ts';

// Each module of the sources costs a process a third of a millisecond to load; a small `get` needs none of these.

/** See {@link downloadFileOf}; what it takes is loaded with the first call. */
export const downloadFile: typeof downloadFileOf = async (init) => {
  const { downloadFile: download } = await import('./download-file.ts');
  return download(init);
};

/** See {@link hashFileOf}; what it takes is loaded with the first call. */
export const hashFile: typeof hashFileOf = async (path, options) => {
  const { hashFile: hash } = await import('./adapters/disk/hash-file.ts');
  return hash(path, options);
};
