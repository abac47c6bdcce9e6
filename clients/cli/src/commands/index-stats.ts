import { Command } from 'commander';
import type { StatsFlags } from '../actions/show-stats.ts';
import { helpFooter } from './help-text.ts';
import type { Run } from './run.ts';
import { idTokenFileOption, indexOption, jsonOption } from './shared-options.ts';

/** `cardume index stats` */
export function indexStats(run: Run): Command {
  return new Command('stats')
    .summary('ask a running index for its totals')
    .description(
      'Ask a running index how many peers, files and bytes it knows, how long leases last, and since when it runs. ' +
        'What is shared --to some users is not counted.',
    )
    .addOption(indexOption())
    .addOption(idTokenFileOption())
    .addOption(jsonOption())
    .addHelpText(
      'after',
      helpFooter([
        { command: 'cardume index stats', does: 'of the index on this machine' },
        { command: 'cardume index stats --index 10.0.0.5:50051 --json', does: 'for a program' },
      ]),
    )
    .action((flags: StatsFlags) =>
      run(flags, async () => {
        const { showStats } = await import('../actions/show-stats.ts');
        return (context) => showStats(flags, context);
      }),
    );
}
