import { Command, Option } from 'commander';
import type { ShareFlags } from '../actions/share-files.ts';
import { Setting } from '../core/settings/setting.ts';
import { helpFooter } from './help-text.ts';
import { ruleOptions } from './rule-options.ts';
import type { Run } from './run.ts';
import {
  callsPerSecondOption,
  connectionsPerSecondOption,
  countArgument,
  idTokenFileOption,
  indexOption,
  maxConnectionsOption,
  peerAddressOptions,
  rateArgument,
  serverOptions,
  tagOption,
  usersArgument,
  withOptions,
} from './shared-options.ts';

/** `cardume share` */
export function shareCommand(run: Run): Command {
  const command = new Command('share')
    .summary('share folders and files with everyone on the index')
    .description(
      'Share folders and files: hash them, join the index with the list, and serve whoever asks, until Ctrl-C. ' +
        'Changes in the folders are followed. Nothing is written into them.',
    )
    .argument('<path...>', 'folders and files')
    .addOption(indexOption('the index to join'))
    .addOption(idTokenFileOption());
  withOptions(command, peerAddressOptions())
    .addOption(
      new Setting(
        '--name <text>',
        "the share's name, for people (default: the path's own, or how many: 3 files and folders)",
      ),
    )
    .addOption(tagOption())
    .addOption(new Setting('--exclude <glob>', 'leave out what matches; may be repeated').repeatable())
    .addOption(
      // No setting: a variable that is empty would open the share to everybody.
      new Option(
        '--to <users>',
        'only these users of the network see and get any of the paths: alice,bob; may be repeated (default: everybody)',
      ).argParser(usersArgument),
    )
    .addOption(
      new Setting('--state <folder>', 'where to remember digests and the identity (default: one per set of paths)'),
    )
    .addOption(
      new Setting(
        '--slots <count>',
        'send to so many at once; others wait for their turn, and small files for no large one (default: to all)',
      ).argParser(countArgument),
    )
    .addOption(
      new Setting(
        '--limit-up <rate>',
        'give at most so much a second, to all together: 50MB/s; with other rates at some times of the day, by the clock of ' +
          'this machine: 50MB/s,22:00-06:00=all (default: all)',
      ).argParser(rateArgument),
    )
    .addOption(
      new Setting(
        '--limit-up-each <rate>',
        'give each machine at most so much a second: 10MB/s (default: all)',
      ).argParser(rateArgument),
    )
    .addOption(maxConnectionsOption())
    .addOption(connectionsPerSecondOption())
    .addOption(callsPerSecondOption())
    .option(
      '--inbox <folder>',
      'take what others send with cardume send, by the rules below, and put it there (default: not)',
    );
  withOptions(command, ruleOptions('inbox-'));
  return withOptions(command, serverOptions('error on a terminal, else info'))
    .addHelpText(
      'after',
      helpFooter([
        { command: 'cardume share ~/models', does: 'share a folder by the index on this machine' },
        { command: 'cardume share ~/models --limit-up 50MB/s', does: 'and leave room for others' },
        { command: 'cardume share ~/models --limit-up 50MB/s,22:00-06:00=all', does: 'at night as fast as it goes' },
        {
          command: 'cardume share ~/models --slots 8 --limit-up-each 20MB/s',
          does: 'to eight at once, 20 MB/s for each',
        },
        { command: "cardume share data --exclude '*.tmp' --exclude .git", does: 'leave some files out' },
        { command: 'cardume share data --inbox inbox --inbox-from ana', does: 'and take what a user sends' },
        {
          command: 'cardume share secret --to alice,bob --index INVITE',
          does: 'for two users, and your own, and nobody else',
        },
        {
          command: 'cardume share data --index file:/invite/invite',
          does: 'in the network of an invite; it waits up to 60 s for the file',
        },
        {
          command: 'cardume share data --index 10.0.0.5:50051 --listen 0.0.0.0:50052 --insecure',
          does: 'on a network that you trust',
        },
      ]),
    )
    .action((paths: string[], flags: ShareFlags) =>
      run(flags, async () => {
        const { shareFiles } = await import('../actions/share-files.ts');
        return (context) => shareFiles(paths, flags, context);
      }),
    );
}
