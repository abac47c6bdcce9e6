import { Command } from 'commander';
import type { VerifyFlags } from '../actions/verify-file.ts';
import { helpFooter } from './help-text.ts';
import type { Run } from './run.ts';
import { idTokenFileOption, indexOption, jsonOption } from './shared-options.ts';

/** `cardume verify` */
export function verifyCommand(run: Run): Command {
  return new Command('verify')
    .summary('hash a file and say whether it is what it should be')
    .description(
      'Hash a file and print its digest. With a digest, compare the two. Without one, ask the index who shares the ' +
        'very same content.',
    )
    .argument('<file>', 'the file on this machine')
    .argument('[digest]', 'what it should be, 8 hex digits or more')
    .addOption(indexOption())
    .addOption(idTokenFileOption())
    .addOption(jsonOption())
    .addHelpText(
      'after',
      helpFooter(
        [
          { command: 'cardume verify ubuntu-24.04.iso', does: 'is it what others share?' },
          { command: 'cardume verify ubuntu-24.04.iso 60aae9c7b428', does: 'is it this content? Asks no index' },
        ],
        ' (also: other content), 3 not known to the index, 130 interrupted',
      ),
    )
    .action((file: string, digest: string | undefined, flags: VerifyFlags) =>
      run({ ...flags, indexUsed: digest === undefined }, async () => {
        const { verifyFile } = await import('../actions/verify-file.ts');
        return (context) => verifyFile(file, digest, flags, context);
      }),
    );
}
