import { grouped } from './grouped.ts';

/** Writes a count with its noun: `1 file`, `2 files`, `12,345 files`. */
export function plural(count: number, noun: string): string {
  return `${grouped(count)} ${noun}${count === 1 ? '' : 's'}`;
}
