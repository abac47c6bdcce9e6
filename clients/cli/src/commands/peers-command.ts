import { Command } from 'commander';
import type { PeersFlags } from '../actions/list-peers.ts';
import { helpFooter } from './help-text.ts';
import type { Run } from './run.ts';
import { idTokenFileOption, indexOption, jsonOption, plainIndexOption } from './shared-options.ts';

/** `cardume peers` */
export function peersCommand(run: Run): Command {
  return new Command('peers')
    .summary('list who shares')
    .description('List the live peers of the index: where they are, what they share, and when they were last heard.')
    .addOption(indexOption())
    .addOption(idTokenFileOption())
    .addOption(plainIndexOption())
    .addOption(jsonOption())
    .addHelpText(
      'after',
      helpFooter([
        { command: 'cardume peers', does: 'a table of them' },
        { command: 'cardume peers --index 10.0.0.5:50051 --json', does: 'for a program' },
      ]),
    )
    .action((flags: PeersFlags) =>
      run(flags, async () => {
        const { listPeers } = await import('../actions/list-peers.ts');
        return (context) => listPeers(flags, context);
      }),
    );
}
