import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

/** What decides where the command keeps its things. */
export interface PlacesInit {
  env: Record<string, string | undefined>;
  /** The user's home folder. */
  home: string;
}

/** Where the user of this process keeps things. Who has no home, such as a user id that no one gave a name, has `/`. */
export function userPlaces(env: PlacesInit['env']): PlacesInit {
  return { env, home: baseFolder(homeOrNone(), '/') };
}

function homeOrNone(): string | undefined {
  try {
    return homedir();
  } catch {
    return undefined;
  }
}

/**
 * Where the config file is: `$CARDUME_CONFIG`, or `cardume/config.json` in `$XDG_CONFIG_HOME` or `~/.config`.
 *
 * @returns `required`: whether it is an error that it does not exist, since somebody named it
 */
export function configPlace({ env, home }: PlacesInit): { path: string; required: boolean } {
  const named = env.CARDUME_CONFIG;
  if (named !== undefined && named !== '') return { path: named, required: true };
  return {
    path: join(baseFolder(env.XDG_CONFIG_HOME, join(home, '.config')), 'cardume', 'config.json'),
    required: false,
  };
}

/** The folder for what the command remembers from run to run: `cardume` in `$XDG_STATE_HOME` or `~/.local/state`. */
export function statePlace({ env, home }: PlacesInit): string {
  return join(baseFolder(env.XDG_STATE_HOME, join(home, '.local', 'state')), 'cardume');
}

/** The XDG base directory rules: a variable that is not an absolute path is to be ignored. */
function baseFolder(variable: string | undefined, otherwise: string): string {
  return variable !== undefined && isAbsolute(variable) ? variable : otherwise;
}
