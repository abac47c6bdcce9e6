import { Command } from 'commander';
import type { ConfigFile } from './adapters/read-config.ts';
import { getCommand } from './commands/get-command.ts';
import { indexCommand } from './commands/index-command.ts';
import { peersCommand } from './commands/peers-command.ts';
import { receiveCommand } from './commands/receive-command.ts';
import { relayCommand } from './commands/relay-command.ts';
import type { Run } from './commands/run.ts';
import { searchCommand } from './commands/search-command.ts';
import { sendCommand } from './commands/send-command.ts';
import { shareCommand } from './commands/share-command.ts';
import { statusCommand } from './commands/status-command.ts';
import { verifyCommand } from './commands/verify-command.ts';
import { watchCommand } from './commands/watch-command.ts';
import { whyCommand } from './commands/why-command.ts';
import { exitCode } from './core/exit-code.ts';
import { applySettings, settingsOf } from './core/settings/apply-settings.ts';

/** What the program needs besides its arguments. */
export interface ProgramInit {
  version: string;
  run: Run;
  env: Record<string, string | undefined>;
  /** Reads the config file, once it is clear that a subcommand runs. */
  readConfig: () => Promise<ConfigFile | undefined>;
}

const footer = `
Examples:
  cardume index                  run an index on this machine
  cardume share ~/models         share a folder, from another terminal
  cardume search llama           find files, and who has them
  cardume get llama-3.gguf       download one, verified
  cardume receive inbox          take what others send to this machine
  cardume send notes.txt laptop  send a file to a peer that takes it
  cardume why                    when that is slow: which limit bites

Without --index: the network whose invite was used last, else 127.0.0.1:50051, else, for share, search, get and peers,
an index that is found on the local network.

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 not found, 4 not allowed, 130 interrupted
Settings: flags, then CARDUME_* variables, then the JSON file that $CARDUME_CONFIG names or
~/.config/cardume/config.json, whose keys are the long flags: {"index": "10.0.0.5:50051"}
NO_COLOR turns colours off.`;

/**
 * Makes the `cardume` program. It never ends the process: wrong usage and `--help` are thrown as CommanderError, with
 * their texts already written.
 */
export function createProgram({ version, run, env, readConfig }: ProgramInit): Command {
  const program = new Command('cardume')
    .description('Machines share files with each other directly, and one index knows who has what.')
    .version(version, '-V, --version', 'print the version')
    .addHelpText('after', footer)
    .exitOverride()
    // Otherwise flags after `index stats` are taken for those of `index`, which has some of the same names.
    .enablePositionalOptions()
    .showHelpAfterError('(cardume --help shows how)')
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, 'cardume: ')) });

  const makers = [
    indexCommand,
    shareCommand,
    searchCommand,
    getCommand,
    sendCommand,
    receiveCommand,
    peersCommand,
    watchCommand,
    verifyCommand,
    statusCommand,
    whyCommand,
    relayCommand,
  ];
  for (const make of makers) {
    const command = make(run);
    program.addCommand(command);
    inherit(command, program);
    for (const below of command.commands) inherit(below, command);
  }

  const knownKeys = new Set(
    program.commands.flatMap((command) => settingsOf(command).map((setting) => setting.attributeName())),
  );
  return program.hook('preAction', async (_, command) => {
    const config = await readConfig();
    const problem =
      config !== undefined && 'problem' in config ? config.problem : applySettings(command, knownKeys, { env, config });
    if (problem !== undefined) command.error(`error: ${problem}`, { exitCode: exitCode.wrongUsage });
  });
}

function inherit(command: Command, parent: Command): void {
  const path = parent.parent === null ? command.name() : `${parent.name()} ${command.name()}`;
  command.copyInheritedSettings(parent).showHelpAfterError(`(cardume ${path} --help shows how)`);
}
