import { Command } from 'commander';
import type { SendFlags } from '../actions/send-files.ts';
import { Setting } from '../core/settings/setting.ts';
import { helpFooter } from './help-text.ts';
import type { Run } from './run.ts';
import {
  durationArgument,
  idTokenFileOption,
  indexOption,
  insecureOption,
  jsonOption,
  rateArgument,
} from './shared-options.ts';

/** `cardume send` */
export function sendCommand(run: Run): Command {
  return new Command('send')
    .summary('send files and folders to a peer, to several, or to all')
    .description(
      'Send files and folders to peers that take what others send: offer them, and when a peer accepts, serve them to it until ' +
        'it has them whole and verified. Several peers at once give each other what they have, large files by pieces. Nothing of it is listed at the ' +
        'index. What was stopped goes on when the same command is run again.',
    )
    .argument(
      '<path...>',
      'files and folders, and last the peer: its name or 8 digits or more of its id, as cardume peers shows them, or a tag for all who have it; several with commas between; or all',
    )
    .addOption(indexOption())
    .addOption(idTokenFileOption())
    .addOption(
      new Setting(
        '--listen <host:port>',
        'where to serve it from (default: 127.0.0.1:0; where the index is on another machine 0.0.0.0:0)',
      ),
    )
    .addOption(
      new Setting('--limit-up <rate>', 'give at most so much a second, to all together (default: all)').argParser(
        rateArgument,
      ),
    )
    .addOption(
      new Setting('--wait <duration>', 'how long to wait for a peer that is away')
        .default(60_000, '60s')
        .argParser(durationArgument),
    )
    .addOption(insecureOption())
    .addOption(jsonOption())
    .addHelpText(
      'after',
      helpFooter(
        [
          { command: 'cardume send report.pdf laptop', does: 'to the peer of that name' },
          {
            command: 'cardume send models/llama backup.tar 3f9a27c1',
            does: 'a folder and a file, to a peer by its id',
          },
          { command: 'cardume send image.iso node1,node2,node3', does: 'to several, which give each other the pieces' },
          {
            command: 'cardume send scene.blend render',
            does: 'to all who have that tag: cardume receive --tag render',
          },
          { command: 'cardume send image.iso all', does: 'to everybody who takes something' },
        ],
        ', 3 no such peer, 4 refused, 130 interrupted',
      ),
    )
    .action((paths: string[], flags: SendFlags) =>
      run(flags, async () => {
        const { sendFiles } = await import('../actions/send-files.ts');
        return (context) => sendFiles(paths, flags, context);
      }),
    );
}
