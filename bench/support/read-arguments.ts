import { parseArgs } from 'node:util';

/** Reads `256MiB`. Throws an Error that names the flag. */
export function readSize(flag: string, text: string): number {
  const [, number, unit] = /^(\d+)(KiB|MiB|GiB)$/.exec(text) ?? [];
  const exponent = { KiB: 10, MiB: 20, GiB: 30 }[unit ?? ''];
  if (exponent === undefined) throw new Error(`${flag}: a number of KiB, MiB or GiB, as in 256MiB`);
  return Number(number) * 2 ** exponent;
}

/** Reads a number from 1 on. Throws an Error that names the flag. */
export function readCount(flag: string, text: string): number {
  if (!/^[1-9]\d*$/.test(text)) throw new Error(`${flag}: a number from 1 on`);
  return Number(text);
}

/** Reads names with commas between; when all that there are is given, an unknown one is an Error. */
export function readNames(flag: string, text: string, all?: readonly string[]): string[] {
  const names = text.split(',').filter((name) => name !== '');
  const unknown = names.find((name) => all !== undefined && !all.includes(name));
  if (unknown !== undefined) throw new Error(`${flag}: there is no ${unknown}, but ${all?.join(', ')}`);
  return names;
}

/** What a benchmark takes that may measure another checkout beside this one. */
export interface BesideOptions {
  help: boolean;
  /** Where it is; undefined: only this one is measured. */
  other: string | undefined;
}

/** @throws Error that says which argument is wrong */
export function readBeside(args: readonly string[]): BesideOptions {
  const options = { help: { type: 'boolean', default: false } } as const;
  const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
  if (positionals.length > 1) throw new Error(`there is one other checkout at the most, not ${positionals.join(', ')}`);
  return { help: values.help, other: positionals[0] };
}
