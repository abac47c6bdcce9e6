import { cardumeSystem } from '../../data/systems/cardume.ts';
import type { System } from '../../data/systems/system.ts';
import type { Workload } from '../../data/workload.ts';

/** What the shared folder is called: as each run's target, so that `cardume get FOLDER` can make it there. */
export const sharedFolderName = 'target';

/**
 * What `cardume get` is asked for: every file by its name. Once it takes a folder as one thing, this is
 * `[sharedFolderName, '-o', dirname(target)]`.
 */
function askForFolder({ files }: Workload, target: string): string[] {
  return [...files.keys(), '-o', target];
}

/** A folder of many files, by cardume. */
export function cardumeFolder(main: string): System {
  return cardumeSystem({ main, ask: askForFolder });
}
