import { setTimeout as sleep } from 'node:timers/promises';
import { cardumeErrorFrom, type IndexClient, printable, type WatchMessage } from '@cardume/client';
import { changeLines } from '../core/text/change-text.ts';
import { jsonLine } from '../core/text/json-line.ts';
import type { Context } from './context.ts';
import { type ReachFlags, reachIndex } from './reach-index.ts';

/** The flags of `cardume watch`. */
export interface WatchFlags extends ReachFlags {
  since?: string;
  json?: boolean;
}

/** How long an index that is away is left alone before it is asked again. */
const retryMs = 1_000;
const mayComeBack = new Set(['UNREACHABLE', 'TIMED_OUT', 'SHUTTING_DOWN', 'STORAGE_UNAVAILABLE']);

/** A watch that goes on over the ends of its index. */
interface Watch {
  index: IndexClient;
  query: string;
  resumeToken: string | undefined;
  /** What its user was told last. */
  told: 'nothing' | 'there' | 'away';
}

/** Prints what changes at the index until it is interrupted, over every index that ends meanwhile. */
export async function watchChanges(words: string[], flags: WatchFlags, context: Context): Promise<never> {
  const { signal } = context.interruption;
  const reached = await reachIndex(flags, context);
  const index = reached.open();
  const watch: Watch = { index, query: words.join(' '), resumeToken: flags.since, told: 'nothing' };
  try {
    for (;;) {
      await printUntilItEnds(watch, flags, context);
      await sleep(retryMs, undefined, { signal });
    }
  } finally {
    index.close();
    reached.close();
  }
}

/** @throws CardumeError when it will not come back, or was never there */
async function printUntilItEnds(watch: Watch, flags: WatchFlags, context: Context): Promise<void> {
  const { index, query, resumeToken } = watch;
  const { terminal, interruption } = context;
  const { signal } = interruption;
  try {
    for await (const message of index.watch({ resumeToken, query, folders: true }, { signal })) {
      if (watch.told !== 'there') terminal.note(greetingOf(watch));
      watch.told = 'there';
      watch.resumeToken = message.resumeToken;
      print(message, flags, context);
    }
  } catch (thrown) {
    const error = cardumeErrorFrom(thrown);
    if (signal.aborted || watch.told === 'nothing' || !mayComeBack.has(error.reason)) throw error;
    if (watch.told === 'there') terminal.note(`${printable(error.message)}; waiting for it.`);
    watch.told = 'away';
  }
}

function print({ change, changeTime, resumeToken }: WatchMessage, flags: WatchFlags, { terminal }: Context): void {
  if (change === undefined) return;
  if (flags.json === true) {
    const { kind, ...rest } = change;
    terminal.print(jsonLine({ type: kind, changeTime, ...rest, resumeToken }));
    return;
  }
  for (const line of changeLines(change)) terminal.print(line);
}

function greetingOf({ index, query, told }: Watch): string {
  if (told === 'away') return `index ${index.target} is back.`;
  return `Watching index ${index.target}${query === '' ? '' : ` for ${printable(query)}`}; Ctrl-C ends it.`;
}
