import { createRequire } from 'node:module';

type StringWidth = typeof import('string-width');

// Printable ASCII and Latin-1 (but the soft hyphen), and what the command itself draws: one column each.
const oneColumnEach = /^[\x20-\x7e\xa0-\xac\xae-\xff█░…]*$/;

const require = createRequire(import.meta.url);
let stringWidth: StringWidth['default'] | undefined;

/**
 * How many columns a text takes on a terminal. What knows of all scripts and emoji takes 35 ms to load, a quarter of
 * what a small `get` takes in all; so it is loaded for the first text that needs it, and most names never do.
 */
export function textWidth(text: string): number {
  if (oneColumnEach.test(text)) return text.length;
  stringWidth ??= (require('string-width') as StringWidth).default;
  return stringWidth(text);
}
