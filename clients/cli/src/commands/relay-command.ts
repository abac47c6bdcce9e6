import { Command } from 'commander';
import type { RunRelayFlags } from '../actions/run-relay.ts';
import { Setting } from '../core/settings/setting.ts';
import { helpFooter } from './help-text.ts';
import type { Run } from './run.ts';
import {
  connectionsPerSecondOption,
  countArgument,
  idTokenFileOption,
  indexOption,
  oneRateArgument,
  serverOptions,
  withOptions,
} from './shared-options.ts';

/** `cardume relay` */
export function relayCommand(run: Run): Command {
  const command = new Command('relay')
    .summary('carry connections to peers that nobody can dial')
    .description(
      'Run a relay: peers that nobody can dial wait here for those who want them. What passes is encrypted between the two, ' +
        'and the relay cannot read it. An index is one by itself; relays that stand alone take that load from it, and are ' +
        'named to it by `cardume index --relay HOST:PORT`. Ctrl-C stops it.',
    )
    .addOption(indexOption('the index of the network'))
    .addOption(idTokenFileOption())
    .addOption(
      new Setting(
        '--listen <host:port>',
        'where to listen; port 0: a free one (default: 127.0.0.1:50053; in a network with certificates 0.0.0.0:50053)',
      ),
    )
    .addOption(
      new Setting('--limit <rate>', 'carry at most so much a second for one user (default: 16MiB/s)').argParser(
        oneRateArgument,
      ),
    )
    .addOption(
      new Setting(
        '--max-connections <count>',
        'carry so many at once, and of one user at most 64 (default: 1000)',
      ).argParser(countArgument),
    )
    .addOption(connectionsPerSecondOption());
  return withOptions(command, serverOptions('info'))
    .addHelpText(
      'after',
      helpFooter([
        { command: 'cardume relay --index file:invite', does: 'in the network of an invite' },
        {
          command: 'cardume index --listen 0.0.0.0:50051 --relay relay.lan:50053',
          does: 'its index, which names it to all',
        },
        { command: 'cardume relay --limit 50MB/s --metrics 9465', does: 'with more for each user, and metrics' },
        { command: 'cardume relay --listen 127.0.0.1:0 --json', does: 'on a free port, which it prints' },
      ]),
    )
    .action((flags: RunRelayFlags) =>
      run(flags, async () => {
        const { runRelay } = await import('../actions/run-relay.ts');
        return (context) => runRelay(flags, context);
      }),
    );
}
