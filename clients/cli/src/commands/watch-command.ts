import { Command, Option } from 'commander';
import type { WatchFlags } from '../actions/watch-changes.ts';
import { helpFooter } from './help-text.ts';
import type { Run } from './run.ts';
import { idTokenFileOption, indexOption, jsonOption } from './shared-options.ts';

/** `cardume watch` */
export function watchCommand(run: Run): Command {
  return new Command('watch')
    .summary('follow who joins and leaves, and which files come and go')
    .description(
      'Print what changes at the index, as it happens, until Ctrl-C: peers that join and leave, files and folders that ' +
        'are shared and shared no more. With words, only files that cardume search finds by them; peers in any case. ' +
        'An index that is away is waited for, and nothing that happened meanwhile is missed.',
    )
    .argument('[query...]', 'words, as for cardume search')
    .addOption(new Option('--since <token>', 'go on after the line with this resumeToken (--json prints it)'))
    .addOption(indexOption())
    .addOption(idTokenFileOption())
    .addOption(jsonOption())
    .addHelpText(
      'after',
      helpFooter(
        [
          { command: 'cardume watch', does: 'all that happens' },
          { command: "cardume watch 'ext:iso size:>1GB'", does: 'large images, and peers' },
          { command: 'cardume watch --json | jq -r .added[]?.name', does: 'for a program' },
        ],
        ', 130 interrupted',
      ),
    )
    .action((words: string[], flags: WatchFlags) =>
      run(flags, async () => {
        const { watchChanges } = await import('../actions/watch-changes.ts');
        return (context) => watchChanges(words, flags, context);
      }),
    );
}
