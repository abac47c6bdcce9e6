import { InvalidArgumentError } from 'commander';
import type { Setting } from './setting.ts';

/** What a setting got, or what is wrong with it. */
export type SettingValue = { value: unknown } | { problem: string };

const booleans: Record<string, boolean> = { '1': true, true: true, yes: true, '0': false, false: false, no: false };

/**
 * Reads a setting from its variable's text. A switch wants `true` or `false`: commander's own variables are on as soon
 * as they exist, and `CARDUME_INSECURE=false` must not open a server. A flag that repeats has one value in each line.
 */
export function settingFromVariable(setting: Setting, text: string): SettingValue {
  if (setting.isBoolean()) {
    const value = booleans[text.toLowerCase()];
    return value === undefined ? { problem: `"${text}" is not true or false` } : { value };
  }
  return parseAll(setting, setting.repeats ? text.split('\n').filter((line) => line !== '') : [text]);
}

/** Reads a setting from its value in the config file. */
export function settingFromConfig(setting: Setting, value: unknown): SettingValue {
  if (setting.isBoolean()) {
    return typeof value === 'boolean' ? { value } : { problem: 'it must be true or false' };
  }
  if (setting.repeats && Array.isArray(value)) {
    return value.every((text) => typeof text === 'string')
      ? parseAll(setting, value)
      : { problem: 'it must be a list of texts' };
  }
  if (typeof value === 'string') return parseAll(setting, [value]);
  return typeof value === 'number' ? parseAll(setting, [String(value)]) : { problem: 'it must be a text' };
}

function parseAll(setting: Setting, texts: readonly string[]): SettingValue {
  try {
    const parse = (before: unknown, text: string): unknown => setting.parseArg?.(text, before) ?? text;
    return { value: texts.reduce(parse, undefined) };
  } catch (error) {
    if (error instanceof InvalidArgumentError) return { problem: error.message };
    throw error;
  }
}
