import { Command } from 'commander';
import type { RunIndexFlags } from '../actions/run-index.ts';
import { exitCode } from '../core/exit-code.ts';
import { defaultIndexAddress } from '../core/settings/default-index-address.ts';
import { Setting } from '../core/settings/setting.ts';
import { helpFooter } from './help-text.ts';
import { indexAuthority } from './index-authority.ts';
import { indexStats } from './index-stats.ts';
import { indexUser } from './index-user.ts';
import type { Run } from './run.ts';
import {
  callsPerSecondOption,
  connectionsPerSecondOption,
  countArgument,
  durationArgument,
  maxConnectionsOption,
  rateOrOffArgument,
  serverOptions,
  withOptions,
} from './shared-options.ts';

/** `cardume index`, and `cardume index stats` below it. */
export function indexCommand(run: Run): Command {
  const command = new Command('index')
    .summary('run an index, which knows who has what')
    .description('Run an index: peers join it with their lists of files, and it answers who has what. Ctrl-C stops it.')
    .addOption(
      new Setting('--listen <host:port>', 'where to listen; port 0: a free one').default(
        defaultIndexAddress,
        defaultIndexAddress,
      ),
    )
    .addOption(
      new Setting(
        '--database <url>',
        'where to keep its state: sqlite:FILE (default: index.db in the state folder), or postgres://USER@HOST/DATABASE, ' +
          'which several indexes may share; others on this machine see a password there, but none in the variable, in ' +
          'PGPASSWORD or in ~/.pgpass',
      ),
    )
    .addOption(
      new Setting('--lease <duration>', 'how long a peer stays without renewing, 1s to 1h')
        .default(30_000, '30s')
        .argParser(durationArgument),
    )
    .addOption(
      new Setting(
        '--authority <folder>',
        'serve with TLS to members only, as the authority of a network that is kept there; beyond this machine that is the ' +
          'default, in the state folder',
      ),
    )
    .addOption(
      new Setting(
        '--host <name>',
        'how others call this machine, for invites and certificates; may be repeated',
      ).repeatable(),
    )
    .addOption(
      new Setting(
        '--invite-file <path>',
        "leave the network's invite there, too, for this user only: shares beside it take --index file:PATH",
      ),
    )
    .addOption(
      new Setting(
        '--peer-networks <cidr>',
        'list peers at addresses in these networks only, whoever says so, as 10.0.0.0/8; may be repeated (default: any that is no ' +
          'nearer to the index than the caller is)',
      ).repeatable(),
    )
    .addOption(
      new Setting(
        '--oidc-issuer <url>',
        'let in whom your OpenID Connect issuer signs in, by id tokens instead of tokens in invites; needs --oidc-audience and ' +
          '--oidc-roles',
      ),
    )
    .addOption(
      new Setting('--oidc-audience <text>', 'the client id that id tokens must be for; may be repeated').repeatable(),
    )
    .addOption(
      new Setting(
        '--oidc-roles <rules>',
        'who gets which role, as CLAIM=VALUE:ROLE with commas between, or repeated; the highest counts, and who meets none gets ' +
          'in nowhere; groups=engineers:member,sub=*:reader lets all of them search and get',
      ).repeatable(),
    )
    .addOption(
      new Setting(
        '--oidc-user-claim <claim>',
        'the claim that tells users apart; email only when the issuer has verified it (default: sub)',
      ),
    )
    .addOption(
      new Setting(
        '--enrolments-per-minute <count>',
        'give one user so many certificates a minute by its token, all at once if need be (default: 1000)',
      ).argParser(countArgument),
    )
    .addOption(maxConnectionsOption())
    .addOption(connectionsPerSecondOption())
    .addOption(callsPerSecondOption())
    .option('--no-announce', 'do not tell the local network where it is (DNS-SD); on loopback it never does')
    .addOption(
      new Setting(
        '--relay-limit <rate>',
        'how much it carries in a second for one user, to and from peers that nobody can dial; off: nothing (default: 16MiB/s)',
      ).argParser(rateOrOffArgument),
    )
    .addOption(
      new Setting(
        '--relay <host:port>',
        'where others reach a relay that stands alone (cardume relay); may be repeated',
      ).repeatable(),
    );
  return withOptions(command, serverOptions('info'))
    .addHelpText(
      'after',
      helpFooter([
        { command: 'cardume index', does: 'an index for this machine' },
        { command: 'cardume index --listen 0.0.0.0:50051', does: 'for other machines: it prints an invite' },
        {
          command: 'cardume index --listen 0.0.0.0:50051 --host index --invite-file /invite/invite',
          does: 'for containers that mount a volume /invite',
        },
        { command: 'cardume index --listen 0.0.0.0:50051 --insecure', does: 'in plaintext, where you trust everybody' },
        { command: 'cardume index --listen 127.0.0.1:0 --json', does: 'on a free port, which it prints' },
        {
          command: 'cardume index --database postgres://cardume@db.lan/cardume',
          does: 'one of several on a PostgreSQL',
        },
        {
          command:
            'cardume index --listen 0.0.0.0:50051 --oidc-issuer https://login.example.org --oidc-audience cardume --oidc-roles groups=staff:member',
          does: 'for whom the organisation signs in',
        },
        {
          command: 'cardume index --listen 0.0.0.0:50051 --relay-limit off --relay relay.lan:50053',
          does: 'with a relay of its own',
        },
        { command: 'cardume index --metrics 9464', does: 'with metrics at http://127.0.0.1:9464/metrics' },
        { command: 'cardume index stats', does: 'what a running index knows' },
      ]),
    )
    .action((flags: RunIndexFlags) =>
      run(flags, async () => {
        const { runIndex } = await import('../actions/run-index.ts');
        return (context) => runIndex(flags, context);
      }),
    )
    .hook('preSubcommand', refuseFlags)
    .addCommand(indexStats(run))
    .addCommand(indexUser(run))
    .addCommand(indexAuthority(run));
}

/** Flags of `index` would do nothing to what is below it: who writes one there means the other. */
function refuseFlags(index: Command): void {
  const given = index.options.find((option) => index.getOptionValueSource(option.attributeName()) === 'cli');
  if (given === undefined) return;
  const problem = `${given.long} stands before a subcommand; its flags come after it`;
  index.error(`error: ${problem}`, { exitCode: exitCode.wrongUsage });
}
