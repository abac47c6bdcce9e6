import { exitCode } from '../core/exit-code.ts';
import { jsonLine } from '../core/text/json-line.ts';
import { statsLines } from '../core/text/stats-lines.ts';
import type { Context } from './context.ts';
import { type ReachFlags, reachIndex } from './reach-index.ts';

/** The flags of `cardume index stats`. */
export interface StatsFlags extends ReachFlags {
  json?: boolean;
}

/** Shows the totals of an index. */
export async function showStats(flags: StatsFlags, context: Context): Promise<number> {
  const { terminal, interruption } = context;
  const reached = await reachIndex(flags, context);
  const index = reached.open();
  try {
    const stats = await index.stats({ signal: interruption.signal });
    if (flags.json === true) terminal.print(jsonLine({ type: 'stats', ...stats }));
    else {
      const [header = '', ...lines] = statsLines(stats, Date.now(), terminal);
      terminal.print(terminal.style('result', 'dim', header));
      for (const line of lines) terminal.print(line);
    }
    return exitCode.done;
  } finally {
    index.close();
    reached.close();
  }
}
