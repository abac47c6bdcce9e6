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
    const missing = errnoOf(error) === 'ENOENT';
    if (missing && !required) return undefined;
    return { problem: missing ? `CARDUME_CONFIG: there is no file ${path}` : `the config file ${path} cannot be read` };
  }
  try {
    return { path, content: JSON.parse(text) };
  } catch (error) {
    return { problem: `the config file ${path} is not JSON: ${messageOf(error)}` };
  }
}
