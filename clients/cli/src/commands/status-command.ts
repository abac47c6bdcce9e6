import { Command } from 'commander';
import type { StatusFlags } from '../actions/show-status.ts';
import { helpFooter } from './help-text.ts';
import type { Run } from './run.ts';
import { jsonOption, watchOption } from './shared-options.ts';

/** `cardume status` */
export function statusCommand(run: Run): Command {
  return new Command('status')
    .summary('what your cardume processes on this machine are doing')
    .description(
      'List the shares and downloads that you run on this machine: what each shares, and what it uploads and downloads now, ' +
        'how fast, and with whom. A download can be asked once it has taken some two seconds. Nothing of it can be asked from elsewhere.',
    )
    .addOption(watchOption())
    .addOption(jsonOption())
    .addHelpText(
      'after',
      helpFooter([
        { command: 'cardume status', does: 'once' },
        { command: 'cardume status --watch', does: 'again each second, until Ctrl-C' },
        { command: 'cardume status --json', does: 'for a program: a process in each line, with its transfers' },
      ]),
    )
    .action((flags: StatusFlags) =>
      run({ ...flags, indexUsed: false }, async () => {
        const { showStatus } = await import('../actions/show-status.ts');
        return (context) => showStatus(flags, context);
      }),
    );
}
