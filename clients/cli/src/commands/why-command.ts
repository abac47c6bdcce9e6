import { Command } from 'commander';
import type { WhyFlags } from '../actions/explain-transfers.ts';
import { helpFooter } from './help-text.ts';
import type { Run } from './run.ts';
import { jsonOption, watchOption } from './shared-options.ts';

/** `cardume why` */
export function whyCommand(run: Run): Command {
  return new Command('why')
    .summary('why a transfer is as fast as it is')
    .description(
      'Say in words what a download or upload that you run on this machine waits for: a limit of yours, the processor, the disk, ' +
        'a slow or silent source, the caller. And for each source its path, rate, round trip, stalls and wrong bytes.',
    )
    .argument(
      '[id]',
      'of cardume status; or a name, or 8 or more hex digits of a digest (default: all downloads, or all uploads when there are none)',
    )
    .addOption(watchOption())
    .addOption(jsonOption())
    .addHelpText(
      'after',
      helpFooter(
        [
          { command: 'cardume why', does: 'of all downloads' },
          { command: 'cardume why 4711-d1', does: 'of one, by its id' },
          { command: 'cardume why ubuntu-24.04.iso --watch', does: 'by its name, again each second' },
        ],
        ', 3 not under way',
      ),
    )
    .action((id: string | undefined, flags: WhyFlags) =>
      run({ ...flags, indexUsed: false }, async () => {
        const { explainTransfers } = await import('../actions/explain-transfers.ts');
        return (context) => explainTransfers(id, flags, context);
      }),
    );
}
