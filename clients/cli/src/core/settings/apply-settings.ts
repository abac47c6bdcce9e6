import type { Command } from 'commander';
import { Setting } from './setting.ts';
import { type SettingValue, settingFromConfig, settingFromVariable } from './setting-value.ts';

/** Where settings come from besides the flags. */
export interface SettingSources {
  /** The process's variables. */
  env: Record<string, string | undefined>;
  /** The config file's path, for messages, and its parsed content; undefined when there is none. */
  config: { path: string; content: unknown } | undefined;
}

/** The settings of a command. */
export function settingsOf(command: Command): Setting[] {
  return command.options.filter((option): option is Setting => option instanceof Setting);
}

/**
 * Gives each setting that no flag set the value of its variable, else of the config file.
 *
 * @param command the command that was parsed
 * @param knownKeys every key that a config file may have, those of other commands included
 * @returns what is wrong with a variable or the file, in words for the user; undefined when nothing is
 */
export function applySettings(
  command: Command,
  knownKeys: ReadonlySet<string>,
  { env, config }: SettingSources,
): string | undefined {
  const entries = config === undefined ? {} : entriesOf(config.content);
  if (entries === undefined) return `${config?.path}: it must be one JSON object`;
  const unknown = Object.keys(entries).find((key) => !knownKeys.has(key));
  if (unknown !== undefined) {
    return `${config?.path}: there is no setting "${unknown}"; known are ${[...knownKeys].sort().join(', ')}`;
  }
  for (const setting of settingsOf(command)) {
    const found = findValue(setting, env, entries, config?.path);
    if (found !== undefined && 'problem' in found) return found.problem;
    const key = setting.attributeName();
    const isFlagGiven = command.getOptionValueSource(key) === 'cli';
    if (found !== undefined && !isFlagGiven) command.setOptionValueWithSource(key, found.value, 'config');
  }
  return undefined;
}

function findValue(
  setting: Setting,
  env: SettingSources['env'],
  entries: Record<string, unknown>,
  configPath: string | undefined,
): SettingValue | undefined {
  const text = env[setting.variable];
  // An empty variable counts as none: that is how a compose file or a script says "not set".
  if (text !== undefined && text !== '') return named(settingFromVariable(setting, text), setting.variable);
  const key = setting.attributeName();
  if (!Object.hasOwn(entries, key)) return undefined;
  return named(settingFromConfig(setting, entries[key]), `${configPath}: ${key}`);
}

function entriesOf(content: unknown): Record<string, unknown> | undefined {
  if (typeof content !== 'object' || content === null || Array.isArray(content)) return undefined;
  return { ...content };
}

/** Says in a problem where it is. */
function named(found: SettingValue, where: string): SettingValue {
  return 'problem' in found ? { problem: `${where}: ${found.problem}` } : found;
}
