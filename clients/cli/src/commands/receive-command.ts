import { Command } from 'commander';
import type { ReceiveFlags } from '../actions/receive-files.ts';
import { Setting } from '../core/settings/setting.ts';
import { helpFooter } from './help-text.ts';
import { ruleOptions } from './rule-options.ts';
import type { Run } from './run.ts';
import {
  auditOption,
  idTokenFileOption,
  indexOption,
  insecureOption,
  jsonOption,
  logFormatOption,
  logLevelOption,
  maxConnectionsOption,
  metricsOption,
  tagOption,
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
  for (const option of ruleOptions()) command.addOption(option);
  return command
    .addOption(new Setting('--name <text>', 'the name that others send to (default: that of this machine)'))
    .addOption(tagOption())
    .addOption(
      new Setting(
        '--listen <host:port>',
        'where to serve; port 0: a free one (default: 127.0.0.1:0; in a network with certificates 0.0.0.0:0)',
      ),
    )
    .addOption(
      new Setting(
        '--advertise <host:port>',
        'the address that others are given (default: the one listened on; of all interfaces, the one the index sees)',
      ),
    )
    .addOption(new Setting('--state <folder>', 'where to remember the identity (default: one per folder)'))
    .addOption(maxConnectionsOption())
    .addOption(metricsOption())
    .addOption(auditOption())
    .addOption(insecureOption())
    .addOption(logLevelOption('error on a terminal, else info'))
    .addOption(logFormatOption())
    .addOption(jsonOption())
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
