import { Command } from 'commander';
import type { ReceiveFlags } from '../actions/receive-files.ts';
import { Setting } from '../core/settings/setting.ts';
import { helpFooter } from './help-text.ts';
import { ruleOptions } from './rule-options.ts';
import type { Run } from './run.ts';
import {
  callsPerSecondOption,
  connectionsPerSecondOption,
  idTokenFileOption,
  indexOption,
  maxConnectionsOption,
  peerAddressOptions,
  serverOptions,
  tagOption,
  withOptions,
} from './shared-options.ts';

/** `cardume receive` */
export function receiveCommand(run: Run): Command {
  const command = new Command('receive')
    .summary('take what others send to this machine')
    .description(
      'Take files and folders that others send with cardume send, until Ctrl-C. Each is asked for at the terminal, or taken by ' +
        'the rules that the flags give, before a byte is stored; without either nothing is taken. It appears in the folder when ' +
        'it is whole and verified, and never in the place of something else: a name that is taken gets a number.',
    )
    .argument('[folder]', 'where to put it', '.')
    .addOption(indexOption('the index to join'))
    .addOption(idTokenFileOption());
  withOptions(command, ruleOptions())
    .addOption(new Setting('--name <text>', 'the name that others send to (default: that of this machine)'))
    .addOption(tagOption());
  withOptions(command, peerAddressOptions())
    .addOption(new Setting('--state <folder>', 'where to remember the identity (default: one per folder)'))
    .addOption(maxConnectionsOption())
    .addOption(connectionsPerSecondOption())
    .addOption(callsPerSecondOption());
  return withOptions(command, serverOptions('error on a terminal, else info'))
    .addHelpText(
      'after',
      helpFooter([
        { command: 'cardume receive', does: 'ask for each thing, and put it into this folder' },
        { command: 'cardume receive inbox --from ana,bia --max-size 10GB', does: 'take what two users send' },
        { command: 'cardume receive images --yes --types iso,img --share-on', does: 'take images, and share them on' },
      ]),
    )
    .action((folder: string, flags: ReceiveFlags) =>
      run(flags, async () => {
        const { receiveFiles } = await import('../actions/receive-files.ts');
        return (context) => receiveFiles(folder, flags, context);
      }),
    );
}
