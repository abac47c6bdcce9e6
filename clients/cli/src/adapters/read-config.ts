import { readFileSync } from 'node:fs';
import { errnoOf, messageOf } from '@cardume/client';
import { configPlace, type PlacesInit } from './places.ts';

/** The config file, or why it cannot be used. */
export type ConfigFile = { path: string; content: unknown } | { problem: string };

/** Reads the config file; undefined when there is none and nobody named one. */
export function readConfig(places: PlacesInit): ConfigFile | undefined {
  const { path, required } = configPlace(places);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const errno = errnoOf(error);
    const missing = errno === 'ENOENT' || errno === 'ENOTDIR';
    if (missing && !required) return undefined;
    if (missing) return { problem: `CARDUME_CONFIG: there is no file ${path}` };
    // Not passed over when nobody named it: what it sets, the index or a limit, may be what keeps a command from harm.
    return { problem: `the config file ${path} cannot be read (${errno}); CARDUME_CONFIG=FILE names another one` };
  }
  try {
    return { path, content: JSON.parse(text) };
  } catch (error) {
    return { problem: `the config file ${path} is not JSON: ${messageOf(error)}` };
  }
}
