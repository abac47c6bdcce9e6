import type { LocalCopies } from '@cardume/client';
import type { CopyCatalogue } from '@cardume/client/copies';

/** The catalogue of the user's copies; to be closed. */
export interface CommandCopies extends LocalCopies {
  close(): Promise<void>;
}

/**
 * The catalogue of what lies where on this machine, of all commands of this user. It is opened when it is asked for anything,
 * since small files need none of it. One that cannot be used finds nothing, and nobody who gets a file is bothered with it.
 */
export function createCopies(stateHome: string): CommandCopies {
  let opening: Promise<CopyCatalogue> | undefined;
  const open = (): Promise<CopyCatalogue> => {
    opening ??= import('@cardume/client/copies').then(({ openCopies }) => openCopies({ folder: stateHome }));
    return opening;
  };
  return {
    find: async (digest) => (await open()).find(digest),
    note: async (copies) => (await open()).note(copies),
    forget: async (paths) => (await open()).forget(paths),
    close: async () => (await opening)?.close(),
  };
}
