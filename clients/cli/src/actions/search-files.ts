import { printable, type SearchQuery } from '@cardume/client';
import { exitCode } from '../core/exit-code.ts';
import { hitTable } from '../core/text/hit-table.ts';
import { jsonLine } from '../core/text/json-line.ts';
import { collectHits, type FoundHits } from './collect-hits.ts';
import type { Context } from './context.ts';
import { type ReachFlags, reachIndex } from './reach-index.ts';

/** The flags of `cardume search`. */
export interface SearchFlags extends ReachFlags {
  exact?: boolean;
  prefix?: boolean;
  glob?: boolean;
  digest?: boolean;
  ext?: string;
  /** In bytes. */
  minSize?: number;
  /** In bytes. */
  maxSize?: number;
  limit: number;
  json?: boolean;
}

const modes = ['exact', 'prefix', 'glob', 'digest'] as const;

/** Searches the index and prints the hits. */
export async function searchFiles(words: string[], flags: SearchFlags, context: Context): Promise<number> {
  const { interruption } = context;
  const reached = await reachIndex(flags, context, { looksOnLan: true });
  const index = reached.open();
  try {
    const query = queryOf(words, flags);
    const found = await collectHits(index, query, flags.limit, interruption.signal);
    if (found.hits.length === 0) {
      printNothing(query, found, flags, context);
      return exitCode.notFound;
    }
    printHits(found, flags, context);
    return exitCode.done;
  } finally {
    index.close();
    reached.close();
  }
}

function queryOf(words: readonly string[], flags: SearchFlags): SearchQuery {
  return {
    query: words.join(' '),
    folders: true,
    mode: modes.find((mode) => flags[mode] === true) ?? 'keywords',
    extension: flags.ext?.replace(/^\./, ''),
    minSizeBytes: flags.minSize,
    maxSizeBytes: flags.maxSize,
  };
}

function printNothing(
  { query }: SearchQuery,
  { suggestions }: FoundHits,
  flags: SearchFlags,
  { terminal }: Context,
): void {
  if (suggestions.length === 0) {
    terminal.note(`Nothing found for ${printable(query)}.`);
    return;
  }
  terminal.note(`Nothing found for ${printable(query)}; did you mean: ${suggestions.map(printable).join(', ')}?`);
  if (flags.json === true) terminal.print(jsonLine({ type: 'suggestions', suggestions }));
}

function printHits({ hits, more, truncated }: FoundHits, flags: SearchFlags, { terminal }: Context): void {
  if (flags.json === true) {
    for (const hit of hits) terminal.print(jsonLine({ type: 'hit', ...hit }));
  } else {
    const [header = '', ...lines] = hitTable(hits, terminal);
    terminal.print(terminal.style('result', 'dim', header));
    for (const line of lines) terminal.print(line);
  }
  if (more) terminal.note(`There are more than these ${hits.length}; --limit 0 shows all.`);
  if (truncated) terminal.note('More names matched than the index ranks; a narrower query reaches the others.');
}
