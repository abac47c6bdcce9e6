import { readFileSync } from 'node:fs';

/** Where no limit can be found out: Windows has none of this kind, and Node raises that of macOS to some ten thousand. */
const unknownLimit = 10_240;

/** How many descriptors this process may have. */
export function descriptorLimit(): number {
  let text: string;
  try {
    text = readFileSync('/proc/self/limits', 'utf8');
  } catch {
    return unknownLimit;
  }
  const soft = /^Max open files\s+(\d+|unlimited)/m.exec(text)?.[1];
  if (soft === undefined) return unknownLimit;
  return soft === 'unlimited' ? Number.MAX_SAFE_INTEGER : Number(soft);
}
